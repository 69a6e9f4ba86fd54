const TIMEOUT_MS = 60_000;

export interface Ask {
  headers?: Record<string, string>;
  body?: unknown;
  form?: Record<string, string>;
}

export interface HttpAnswer {
  status: number;
  text: string;
  headers: Headers;
}

/** One HTTP call that follows nothing and waits for its answer; without one it throws. */
export async function ask(method: string, url: string, { headers = {}, body, form }: Ask = {}): Promise<HttpAnswer> {
  const content =
    form === undefined ? (body === undefined ? undefined : JSON.stringify(body)) : new URLSearchParams(form);
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(content === undefined ? {} : { body: content }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

export const json = <T = Record<string, unknown>>({ status, text }: HttpAnswer): T => {
  if (status >= 300) throw new Error(`expected an answer with data, got ${status}: ${text.slice(0, 200)}`);
  return JSON.parse(text) as T;
};
