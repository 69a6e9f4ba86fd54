import { hasCode } from '../failures';

const TIMEOUT_MS = 5_000;

/** By them a connection was cut, and not refused: those of undici, which is Node's fetch. */
const CUT = ['UND_ERR_SOCKET', 'ECONNRESET'];

/**
 * Reads from a server. Where the connection is cut, it does so once more: one kept open from an earlier call may be
 * closed by the other side just then, which says nothing of the server.
 */
export async function call(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const send = () => fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  try {
    return await send();
  } catch (error) {
    if (!hasCode(error, ...CUT)) throw error;
    return send();
  }
}

/** The members of a JSON object; none where the body is something else. */
export async function membersOf(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json().catch(() => undefined);
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

/** An address without the slash at its end. */
export const baseOf = (url: string): string => url.replace(/\/+$/, '');
