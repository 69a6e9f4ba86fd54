import { types } from 'node:util';
import { certificateFault } from '@freeflow/lib/pg';

/**
 * Why a set-up failed, as far as its user can do something about it:
 * - `unreachable`: the server does not answer, or no longer.
 * - `certificate`: its TLS certificate is not trusted here, or made out to another host.
 * - `credentials`: the server refuses the owner's.
 * - `forbidden`: the owner lacks a right.
 * - `too-old`: the server lacks what least privileges need.
 */
export type SetUpProblem = 'unreachable' | 'certificate' | 'credentials' | 'forbidden' | 'too-old';

/** A set-up that could not be done. The message can be shown: no secret, no connection string. */
export class SetUpError extends Error {
  override readonly name = 'SetUpError';

  constructor(
    readonly problem: SetUpProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A server's certificate that is not trusted, where that is what failed. */
export function certificateProblem(title: string, error: unknown): SetUpError | undefined {
  const fault = certificateFault(error);
  return fault === undefined
    ? undefined
    : new SetUpError('certificate', `${title}: its certificate is not trusted: ${fault}`, { cause: error });
}

/** What to do about it. */
export const TRUST_ADVICE = 'Trust its issuer here (NODE_EXTRA_CA_CERTS, sslrootcert, tlsCAFile), or correct the host.';

/** The message of an error, or the messages of those it is made of. That of `fetch` alone has no information. */
export function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (error.message === 'fetch failed' && error.cause !== undefined) return reasonOf(error.cause);
  if ('errors' in error) return [error.message, ...[error.errors].flat().map(reasonOf)].filter(Boolean).join('; ');
  return error.message || error.name;
}
