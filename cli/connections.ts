import type { Tenant, TenantConnection } from '@freeflow/db-master';
import { type Fields, mongoForm, postgresForm, qdrantForm } from './connection-forms';
import { libpqUrl } from './libpq-url';
import type { RealmAddress } from './realm-address';
import { quoted } from './shell';

/** What a tenant's application connects by, one entry per backend. Holds secrets: for the eyes of whoever asked. */
export type Connections = Record<string, Record<string, string | number>>;

/** A tenant as the master database has it. */
export type ConnectedTenant = Tenant & { readonly connections: readonly TenantConnection[] };

/** The values of a tenant's secrets by `backend/name`. A tenant that is registered only has none. */
export type SecretValues = ReadonlyMap<string, string>;

const known = (fields: Fields) =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as Connections[string];

/** How each service is written down: fields for programs, and a URL to paste. */
const FORMS: Record<TenantConnection['service'], (row: TenantConnection, secrets: SecretValues) => Fields> = {
  postgres: (row, secrets) => postgresForm(row, secrets.get('postgres/password')),
  mongodb: (row, secrets) => mongoForm(row, secrets.get('mongodb/password')),
  qdrant: (row, secrets) => qdrantForm(row, secrets.get('qdrant/token')),
};

/**
 * Writes down how a tenant's application connects. What isn't known is left out: an empty password would be taken for one.
 * @param realm what the realm says of itself; undefined where it wasn't asked
 */
export function connectionsOf(
  tenant: ConnectedTenant,
  secrets: SecretValues,
  realm: RealmAddress | undefined,
): Connections {
  const rows = tenant.connections.map(
    (row) => [row.service, known({ host: row.host, port: row.port, ...FORMS[row.service](row, secrets) })] as const,
  );
  return {
    ...Object.fromEntries(rows),
    ...(hasRealm(secrets) && realm !== undefined
      ? { keycloak: known(keycloakForm(tenant.realmName, realm, secrets)) }
      : {}),
  };
}

/** Whether a tenant has a realm of ours: one that is registered only has none. */
export const hasRealm = (secrets: SecretValues): boolean => secrets.has('keycloak/client-secret');

const keycloakForm = (realm: string, { url, issuer, tokenUrl }: RealmAddress, secrets: SecretValues): Fields => ({
  url,
  realm,
  issuer,
  tokenUrl,
  clientId: 'freeflow-app',
  adminConsole: `${url}/admin/${realm}/console/`,
  adminUsername: 'admin',
  clientSecret: secrets.get('keycloak/client-secret'),
  adminPassword: secrets.get('keycloak/admin-password'),
});

/** How to try each connection by hand: commands to paste, by backend. */
export function tryOut(connections: Connections): Record<string, string> {
  return Object.fromEntries(
    Object.entries(connections).flatMap(([backend, it]) => {
      const line = TRIES[backend]?.(it);
      return line === undefined ? [] : [[backend, line] as const];
    }),
  );
}

const TRIES: Record<string, (it: Connections[string]) => string> = {
  postgres: ({ url }) => `psql ${quoted(libpqUrl(String(url)))}`,
  mongodb: ({ url }) => `mongosh ${quoted(url)}`,
  qdrant: ({ url, apiKey, collection }) =>
    `curl -sS ${apiKey === undefined ? '' : `-H ${quoted(`api-key: ${apiKey}`)} `}${quoted(`${url}/collections/${collection}`)}`,
  keycloak: ({
    url,
    realm,
    tokenUrl = `${url}/realms/${realm}/protocol/openid-connect/token`,
    clientId,
    clientSecret,
  }) =>
    `curl -sS ${quoted(tokenUrl)} -d grant_type=client_credentials -d ${quoted(`client_id=${clientId}`)} -d ${quoted(`client_secret=${clientSecret}`)}`,
};
