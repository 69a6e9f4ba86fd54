import type { RealmRepresentation } from './admin';

/** The kinds of keys that a new realm can have, by the names of RFC 7518 (`kty`). */
export const REALM_KEYS = ['RSA', 'EC'] as const;
export type RealmKeys = (typeof REALM_KEYS)[number];

const provider = (providerId: string, config: Record<string, string> = {}, name = providerId) => ({
  name,
  providerId,
  config: { priority: ['100'], ...Object.fromEntries(Object.entries(config).map(([key, value]) => [key, [value]])) },
});

/**
 * Keycloak's own four (org.keycloak.keys.DefaultKeyProviders), those that others see on a curve: both are made in a
 * millisecond, where an RSA key takes Keycloak more than a hundred. Where a client asks for RS256 all the same,
 * Keycloak makes such a key at that moment.
 */
const EC_PROVIDERS = [
  provider('ecdsa-generated', { ecdsaEllipticCurveKey: 'P-256' }),
  provider('ecdh-generated', { ecdhEllipticCurveKey: 'P-256', ecdhAlgorithm: 'ECDH-ES' }),
  provider('hmac-generated', { algorithm: 'HS512' }, 'hmac-generated-hs512'),
  provider('aes-generated'),
];

type Components = NonNullable<RealmRepresentation['components']>;

const SETTINGS = {
  RSA: {},
  EC: {
    defaultSignatureAlgorithm: 'ES256',
    // Lists by the server's own class (a MultivaluedHashMap), which the client's type doesn't know.
    components: { 'org.keycloak.keys.KeyProvider': EC_PROVIDERS } as unknown as Components,
  },
} satisfies Record<RealmKeys, RealmRepresentation>;

/** What the representation of a new realm says of its keys; nothing where they are Keycloak's defaults. */
export const keySettings = (keys: RealmKeys): RealmRepresentation => SETTINGS[keys];
