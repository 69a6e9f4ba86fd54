// Access tokens by client credentials, logins of people, and the discovery of issuers.
export { grantClientCredentials, type AccessToken, type GrantOptions, type OAuthClient } from './client-credentials';
export {
  isRefusedBy,
  refreshTokens,
  revokeLogin,
  startDeviceLogin,
  type DeviceLogin,
  type PublicClient,
  type UserTokens,
} from './device-login';
export { discoverIssuer, discoveryUrlOf, type Issuer } from './discover-issuer';
export { OAuthError, type OAuthErrorCode } from './errors';
export { isPrivate } from './private-addresses';
export { SharedToken, TOKEN_CHANNEL, type TokenRequested } from './shared-token';
