import { CodedError } from '../errors';

/**
 * - `server-unreachable`: no PostgreSQL server answers, or it stopped answering.
 * - `certificate-untrusted`: the server's TLS certificate is not trusted here, or made out to another host.
 * - `access-denied`: the server refuses the login, or a right is missing.
 * - `pooler-mode`: a pooler shares sessions between clients; it must be in session mode.
 */
export type PgErrorCode = 'server-unreachable' | 'certificate-untrusted' | 'access-denied' | 'pooler-mode';

export class PgError extends CodedError<PgErrorCode> {
  override readonly name = 'PgError';
}
