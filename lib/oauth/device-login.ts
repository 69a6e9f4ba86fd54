import {
  clockTolerance,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  refreshTokenGrant,
  tokenRevocation,
  type Configuration,
  type TokenEndpointResponse,
} from 'openid-client';
import { ANY_CLOCK_S, type AccessToken } from './client-credentials';
import { discoverFor } from './discover-issuer';
import { OAuthError } from './errors';
import { assertPrivateAddress, assertPrivateEndpoints } from './private-addresses';
import { orOAuthError } from './to-oauth-error';

/** A client without a secret, by which people log in, as they do on a command line. */
export interface PublicClient {
  readonly issuer: string;
  readonly clientId: string;
  /** Plain HTTP is good enough for its tokens, also where others may read along. */
  readonly insecure?: boolean | undefined;
}

/** The tokens that a person's login gives. */
export interface UserTokens extends Pick<AccessToken, 'value' | 'lifetimeMs'> {
  /** Gets new ones; undefined where the issuer gives none. */
  readonly refreshToken: string | undefined;
}

/** A login that a person has yet to confirm in a browser, on this machine or any other. */
export interface DeviceLogin {
  readonly userCode: string;
  readonly verificationUrl: string;
  /** The same page with the code filled in; undefined where the issuer has none. */
  readonly verificationUrlComplete: string | undefined;
  /**
   * Waits until it is confirmed. @throws OAuthError where it is declined, `expired` where it is not confirmed in time
   */
  confirmed(signal?: AbortSignal): Promise<UserTokens>;
}

/**
 * Begins a login by the device authorization grant (RFC 8628).
 * @param scope `offline_access` among it, where the login is to outlast the person's session at the issuer
 * @throws OAuthError
 */
export async function startDeviceLogin(client: PublicClient, scope: string): Promise<DeviceLogin> {
  const configuration = await configurationOf(client);
  if (configuration.serverMetadata().device_authorization_endpoint === undefined)
    throw new OAuthError('malformed', 200, 'it names no device authorization endpoint');
  const started = await orOAuthError(initiateDeviceAuthorization(configuration, { scope }));
  // A person's password is typed there.
  for (const url of [started.verification_uri, started.verification_uri_complete])
    if (client.insecure !== true) assertPrivateAddress('verification_uri', url);
  const expired = AbortSignal.timeout(started.expires_in * 1_000);
  return {
    userCode: started.user_code,
    verificationUrl: started.verification_uri,
    verificationUrlComplete: started.verification_uri_complete,
    confirmed: async (given) => {
      const signal = given === undefined ? expired : AbortSignal.any([given, expired]);
      const polled = orOAuthError(pollDeviceAuthorizationGrant(configuration, started, {}, { signal }));
      return tokensIn(
        await polled.catch((error: OAuthError) => {
          throw hasExpired(error, expired) ? new OAuthError('expired', undefined, 'not confirmed in time') : error;
        }),
      );
    },
  };
}

/**
 * New tokens for an earlier login (RFC 6749, section 6).
 * @throws OAuthError; by `invalid_grant` where the login is over
 */
export async function refreshTokens(client: PublicClient, refreshToken: string): Promise<UserTokens> {
  const configuration = await configurationOf(client);
  const tokens = tokensIn(await orOAuthError(refreshTokenGrant(configuration, refreshToken)));
  // An issuer that gives out no other lets the old one be used again.
  return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken };
}

/**
 * Ends a login at the issuer (RFC 7009): its tokens can't be renewed any more.
 * @throws OAuthError
 */
export async function revokeLogin(client: PublicClient, refreshToken: string): Promise<void> {
  const configuration = await configurationOf(client);
  if (configuration.serverMetadata().revocation_endpoint === undefined)
    throw new OAuthError('malformed', 200, 'it names no revocation endpoint');
  await orOAuthError(tokenRevocation(configuration, refreshToken));
}

/** Whether an issuer has refused for this reason, by its code (RFC 6749, section 5.2; RFC 8628, section 3.5). */
export const isRefusedBy = (error: unknown, code: string): boolean =>
  error instanceof OAuthError && error.code === 'refused' && error.reason.split(' ')[0] === code;

/** By its own words, or by the clock here, which mostly comes first: then what it was asked last has no answer. */
const hasExpired = (error: OAuthError, expired: AbortSignal): boolean =>
  isRefusedBy(error, 'expired_token') || (error.code === 'no-answer' && expired.aborted);

async function configurationOf({ issuer, clientId, insecure }: PublicClient): Promise<Configuration> {
  const configuration = await discoverFor(issuer, clientId, { [clockTolerance]: ANY_CLOCK_S }, None());
  if (insecure !== true) assertPrivateEndpoints(configuration);
  return configuration;
}

const tokensIn = ({ access_token, expires_in, refresh_token }: TokenEndpointResponse): UserTokens => ({
  value: access_token,
  lifetimeMs: expires_in === undefined ? undefined : expires_in * 1_000,
  refreshToken: refresh_token,
});
