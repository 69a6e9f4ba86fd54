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
import { orOAuthError } from './to-oauth-error';

/** A client without a secret, by which people log in, as they do on a command line. */
export interface PublicClient {
  readonly issuer: string;
  readonly clientId: string;
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
  /** Waits until it is confirmed. @throws OAuthError where it is declined, or not confirmed in time */
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
  return {
    userCode: started.user_code,
    verificationUrl: started.verification_uri,
    verificationUrlComplete: started.verification_uri_complete,
    confirmed: async (signal) =>
      tokensIn(
        await orOAuthError(
          pollDeviceAuthorizationGrant(configuration, started, {}, signal === undefined ? {} : { signal }),
        ),
      ),
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
  await orOAuthError(tokenRevocation(await configurationOf(client), refreshToken));
}

/** Whether an issuer has refused for this reason, by its code (RFC 6749, section 5.2; RFC 8628, section 3.5). */
export const isRefusedBy = (error: unknown, code: string): boolean =>
  error instanceof OAuthError && error.code === 'refused' && error.reason.split(' ')[0] === code;

const configurationOf = ({ issuer, clientId }: PublicClient): Promise<Configuration> =>
  discoverFor(issuer, clientId, { [clockTolerance]: ANY_CLOCK_S }, None());

const tokensIn = ({ access_token, expires_in, refresh_token }: TokenEndpointResponse): UserTokens => ({
  value: access_token,
  lifetimeMs: expires_in === undefined ? undefined : expires_in * 1_000,
  refreshToken: refresh_token,
});
