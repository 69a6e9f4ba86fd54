// Access tokens by client credentials, and the discovery of issuers.
export { grantClientCredentials, type AccessToken, type GrantOptions, type OAuthClient } from './client-credentials';
export { discoverIssuer, discoveryUrlOf, type Issuer } from './discover-issuer';
export { OAuthError, type OAuthErrorCode } from './errors';
export { SharedToken } from './shared-token';
