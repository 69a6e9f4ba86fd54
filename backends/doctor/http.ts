const TIMEOUT_MS = 5_000;

/** Calls a server. */
export const call = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });

/** The members of a JSON object; none where the body is something else. */
export async function membersOf(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json().catch(() => undefined);
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

/** An address without the slash at its end. */
export const baseOf = (url: string): string => url.replace(/\/+$/, '');
