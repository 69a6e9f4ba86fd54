import { CodedError } from '../errors';

/**
 * - `expired`: a login was not confirmed in time.
 * - `plain-http`: the issuer names an address where others could read what is secret; nothing was sent there.
 * - `no-answer`: the server does not answer, or not in time; the cause is fetch's own error.
 * - `refused`: the server answers by an error, see `status` and `reason`.
 * - `redirected`: the server points to another address, which is not followed: credentials stay at the one they are
 * meant for.
 * - `malformed`: the answer is not one of OAuth: another kind of server may be at this address.
 */
export type OAuthErrorCode = 'expired' | 'plain-http' | 'no-answer' | 'refused' | 'redirected' | 'malformed';

/** A token or an issuer that could not be had. Holds neither token nor client secret. */
export class OAuthError extends CodedError<OAuthErrorCode> {
  override readonly name = 'OAuthError';

  /**
   * @param status the HTTP status of the answer; undefined where there was none
   * @param reason the server's `error` and `error_description`, or its status where it gives none; the address of a
   * redirect, and what to do
   */
  constructor(
    code: OAuthErrorCode,
    readonly status: number | undefined,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(code, status === undefined ? reason : `answered ${status}: ${reason}`, options);
  }
}
