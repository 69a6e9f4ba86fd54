/** One JSON or form request. @throws Error with method, path and answer where it is no success */
export async function call(
  method: string,
  url: string,
  headers: Record<string, string>,
  body?: object,
): Promise<unknown> {
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new RefusedCall(`${method} ${new URL(url).pathname} answered ${response.status}: ${text}`, response.status);
  return text === '' ? null : (JSON.parse(text) as unknown);
}

class RefusedCall extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/**
 * Sees that the tenant is refused.
 * @throws Error where it is let in
 */
export async function expectRefusal(what: string, attempt: () => Promise<unknown>): Promise<void> {
  const isRefused = await attempt().then(
    () => false,
    () => true,
  );
  if (!isRefused) throw new Error(`${what} still lets the tenant in`);
}

/** Repeats nothing and hides nothing but this: what is to be removed is not there. */
export const ignoreMissing = (error: unknown): void => {
  if (!(error instanceof RefusedCall) || error.status !== 404) throw error;
};
