import {
  allowInsecureRequests,
  clientCredentialsGrant,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  Configuration,
} from 'openid-client';
import { DEFAULT_ALGORITHM, type Issuer } from './discover-issuer';
import { orOAuthError } from './to-oauth-error';

/** A client that gets tokens for itself. */
export interface OAuthClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How the secret is sent: in the header, or in the form. @default basic */
  readonly secretBy?: 'basic' | 'form';
}

/** What is requested beyond an access token. */
export interface GrantOptions {
  /** Has the server send an ID token as well (scope `openid`), which must be this issuer's, signed as it announces. */
  readonly idTokenOf?: Pick<Issuer, 'issuer' | 'idTokenAlgorithms'>;
  /** @default 10 s */
  readonly timeoutMs?: number;
}

export interface AccessToken {
  readonly value: string;
  /** How long it is valid, in ms; undefined where the server doesn't state it. */
  readonly lifetimeMs: number | undefined;
  /** The account that the ID token names; undefined where none was requested, or given. */
  readonly idTokenSubject: string | undefined;
}

const TIMEOUT_MS = 10_000;
/** The clock of this machine proves nothing about a token that was given to us a moment ago. */
export const ANY_CLOCK_S = 100 * 365 * 86_400;

/**
 * A new access token by the client credentials grant (RFC 6749, section 4.4). The credentials go to this address alone:
 * a redirect is an error. The signature of an ID token is not looked at, since it comes from the issuer itself over the
 * channel that it is trusted on (OpenID Connect Core 1.0, section 3.1.3.7, 6).
 * @throws OAuthError
 */
export async function grantClientCredentials(
  { tokenUrl, clientId, clientSecret, secretBy = 'basic' }: OAuthClient,
  { idTokenOf, timeoutMs = TIMEOUT_MS }: GrantOptions = {},
): Promise<AccessToken> {
  const configuration = new Configuration(
    {
      issuer: idTokenOf?.issuer ?? new URL(tokenUrl).origin,
      token_endpoint: tokenUrl,
      id_token_signing_alg_values_supported: [...(idTokenOf?.idTokenAlgorithms ?? [DEFAULT_ALGORITHM])],
    },
    clientId,
    { [clockTolerance]: ANY_CLOCK_S },
    secretBy === 'basic' ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret),
  );
  configuration.timeout = timeoutMs / 1_000;
  // Whether plain HTTP is good enough is the decision of the operator who configured the address.
  allowInsecureRequests(configuration);
  return orOAuthError(requestToken(configuration, idTokenOf === undefined ? {} : { scope: 'openid' }));
}

async function requestToken(configuration: Configuration, parameters: Record<string, string>): Promise<AccessToken> {
  const token = await clientCredentialsGrant(configuration, parameters);
  return {
    value: token.access_token,
    lifetimeMs: token.expires_in === undefined ? undefined : token.expires_in * 1_000,
    idTokenSubject: token.claims()?.sub,
  };
}
