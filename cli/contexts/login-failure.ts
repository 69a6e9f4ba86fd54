import { isRefusedBy, type OAuthError } from '@freeflow/lib/oauth';
import { EXIT, Failure, unanswered } from '../failure';

/** A failure of the issuer, for a person who logs in, or has. */
export function loginFailure(error: OAuthError, issuer: string): Failure {
  if (isRefusedBy(error, 'access_denied'))
    return new Failure(EXIT.refused, 'The login was declined in the browser.', 'Try again: freeflow login', {
      cause: error,
    });
  if (error.code === 'plain-http')
    return new Failure(
      EXIT.refused,
      `${issuer}: ${error.reason}, so whoever is on the way could read the tokens. Nothing was sent there.`,
      'Have the identity provider name https addresses, or log in by --insecure where the network is your own.',
      { cause: error },
    );
  if (error.code === 'expired')
    return new Failure(EXIT.refused, 'The login was not confirmed in time.', 'Try again: freeflow login', {
      cause: error,
    });
  const { status } = error;
  if (status === undefined) return unanswered(issuer, 'identity provider', error);
  if (status >= 500)
    return new Failure(
      EXIT.unreachable,
      `${issuer} answers ${status}.`,
      'Check that the identity provider is up. For the local stack: npm run stack:status',
      { cause: error },
    );
  return new Failure(
    EXIT.refused,
    `${issuer}: ${error.message}.`,
    'Check --issuer and --client-id: the client must be public and allow the device authorization grant.',
    { cause: error },
  );
}
