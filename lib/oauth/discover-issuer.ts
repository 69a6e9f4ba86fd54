import {
  allowInsecureRequests,
  discovery,
  type ClientAuth,
  type ClientMetadata,
  type Configuration,
} from 'openid-client';
import { OAuthError } from './errors';
import { orOAuthError } from './to-oauth-error';

/** Where the tokens of an issuer come from, by its own document. */
export interface Issuer {
  /** May be another address than the requested one, as behind a proxy. */
  readonly issuer: string;
  readonly tokenUrl: string;
  /** By which algorithms it signs ID tokens; never `none`. */
  readonly idTokenAlgorithms: readonly string[];
}

/** What every issuer signs by that doesn't announce another (OpenID Connect Discovery 1.0, section 3). */
export const DEFAULT_ALGORITHM = 'RS256';

const TIMEOUT_MS = 10_000;

/** Where an issuer describes itself (OpenID Connect Discovery 1.0, section 4). */
export const discoveryUrlOf = (url: string): string => `${url}/.well-known/openid-configuration`;

/**
 * Reads the document of an issuer at one of its addresses, for the requests of a client.
 * @throws OAuthError
 */
export const discoverFor = (
  url: string,
  clientId: string,
  metadata?: Partial<ClientMetadata>,
  authentication?: ClientAuth,
  timeoutMs = TIMEOUT_MS,
): Promise<Configuration> =>
  // By the address of the document itself: then its issuer need not be the requested address.
  orOAuthError(
    discovery(new URL(discoveryUrlOf(url)), clientId, metadata, authentication, {
      timeout: timeoutMs / 1_000,
      // Whether plain HTTP is good enough is the decision of whoever named the address.
      execute: [allowInsecureRequests],
    }),
  );

/**
 * Reads the endpoints of an issuer at one of its addresses.
 * @throws OAuthError
 */
export async function discoverIssuer(url: string, { timeoutMs }: { timeoutMs?: number } = {}): Promise<Issuer> {
  const configuration = await discoverFor(url, 'none', undefined, undefined, timeoutMs);
  const {
    issuer,
    token_endpoint: tokenUrl,
    id_token_signing_alg_values_supported: announced,
  } = configuration.serverMetadata();
  if (tokenUrl === undefined) throw new OAuthError('malformed', 200, 'it names no token endpoint');
  return { issuer, tokenUrl, idTokenAlgorithms: signingAlgorithmsIn(announced) };
}

/** An unsigned token proves nothing, whatever its issuer announces. */
function signingAlgorithmsIn(announced: unknown): string[] {
  const all: unknown[] = Array.isArray(announced) ? announced : [];
  const signing = all.filter((it): it is string => typeof it === 'string' && it !== 'none');
  return signing.length === 0 ? [DEFAULT_ALGORITHM] : signing;
}
