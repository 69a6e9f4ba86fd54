import { CERTIFICATE_CODES } from '@freeflow/lib/pg';
import { AddressRefused } from '@freeflow/lib/webhooks';

/** What an answer comes to, for people; null where it is a delivery. */
export function causeOfStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? `answered ${status}: redirects are not followed` : `answered ${status}`;
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name could not be resolved',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
};

/** Why there was no answer, for people, without a word of the URL. */
export function causeOf(error: unknown, timeoutMs: number): string {
  if (error instanceof AddressRefused) return `its address is refused: ${error.message}`;
  const { name, code } = firstOf(error) as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || name === 'AbortError') return `no answer within ${timeoutMs} ms`;
  if (code === undefined) return 'the request failed';
  if (CERTIFICATE_CODES.includes(code)) return `its certificate is not trusted (${code})`;
  return `${CAUSES[code] ?? 'the request failed'} (${code})`;
}

/** Of a name with several addresses, each of which has failed. */
const firstOf = (error: unknown): unknown =>
  error instanceof AggregateError ? ((error.errors as unknown[])[0] ?? error) : error;
