import { isIP } from 'node:net';
import type { Configuration } from 'openid-client';
import { OAuthError } from './errors';

/** Where tokens, and codes that are exchanged for tokens, are sent to. */
const CREDENTIAL_ENDPOINTS = ['token_endpoint', 'device_authorization_endpoint', 'revocation_endpoint'] as const;

/** Whether what is sent to an address can't be read on the way: by TLS, or since it stays on this machine. */
export function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const isHere =
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
  return protocol === 'https:' || isHere;
}

/**
 * An issuer that is reached by TLS may name others for what is secret, as one behind a proxy that it does not know of.
 * @throws OAuthError `plain-http`
 */
export function assertPrivateEndpoints(configuration: Configuration): void {
  const metadata = configuration.serverMetadata();
  for (const name of CREDENTIAL_ENDPOINTS) assertPrivateAddress(name, metadata[name]);
}

/** @throws OAuthError `plain-http` where others could read what is sent there, `malformed` where it is no address */
export function assertPrivateAddress(name: string, url: string | undefined): void {
  if (url === undefined) return;
  if (!URL.canParse(url)) throw new OAuthError('malformed', 200, `its ${name} is no address`);
  if (isPrivate(url)) return;
  throw new OAuthError('plain-http', 200, `its ${name} is plain HTTP (${new URL(url).origin})`);
}
