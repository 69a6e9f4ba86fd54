import type { Tenant, TenantConnection } from '@freeflow/db-master';
import { quoted } from './shell';

/** What a tenant's application connects by, one entry per backend. Holds secrets: for the eyes of whoever asked. */
export type Connections = Record<string, Record<string, string | number>>;

/** A tenant as the master database has it. */
export type ConnectedTenant = Tenant & { readonly connections: readonly TenantConnection[] };

/** The values of a tenant's secrets by `backend/name`. A tenant that is registered only has none. */
export type SecretValues = ReadonlyMap<string, string>;

/** Writes down how a tenant's application connects. What isn't known is left out: an empty password would be taken for one. */
export function connectionsOf(tenant: ConnectedTenant, secrets: SecretValues, keycloakUrl: string): Connections {
  const rows = tenant.connections.map((row) => [row.service, known({ host: row.host, port: row.port, ...FORMS[row.service](row, secrets) })] as const);
  const clientSecret = secrets.get('keycloak/client-secret');
  const keycloak = clientSecret === undefined ? {} : { keycloak: known({ ...keycloakForm(tenant.realmName, keycloakUrl), clientSecret, adminPassword: secrets.get('keycloak/admin-password') }) };
  return { ...Object.fromEntries(rows), ...keycloak };
}

type Fields = Record<string, string | number | null | undefined>;

const known = (fields: Fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)) as Connections[string];

/** How each service is written down: fields for programs, and a URL to paste. */
const FORMS: Record<TenantConnection['service'], (row: TenantConnection, secrets: SecretValues) => Fields> = {
  postgres: ({ host, port, username, dbName }, secrets) => {
    const password = secrets.get('postgres/password');
    return { database: dbName, username, password, url: `postgresql://${login(username, password)}${address(host, port ?? 5432)}/${dbName}` };
  },
  mongodb: ({ host, port, username, dbName }, secrets) => {
    const password = secrets.get('mongodb/password');
    const source = username === null ? '' : `?authSource=${dbName}`;
    return { database: dbName, username, password, url: `mongodb://${login(username, password)}${address(host, port ?? 27_017)}/${dbName}${source}` };
  },
  qdrant: ({ host, port, dbName, options }, secrets) => {
    const isTls = typeof options === 'object' && options !== null && 'tls' in options && options['tls'] === 'true';
    return { collection: dbName, apiKey: secrets.get('qdrant/token'), url: `${isTls ? 'https' : 'http'}://${address(host, port ?? 6333)}` };
  },
};

const keycloakForm = (realm: string, url: string): Fields => ({
  url,
  realm,
  issuer: `${url}/realms/${realm}`,
  clientId: 'freeflow-app',
  adminConsole: `${url}/admin/${realm}/console/`,
  adminUsername: 'admin',
});

function login(username: string | null, password: string | undefined): string {
  if (username === null) return '';
  return `${encodeURIComponent(username)}${password === undefined ? '' : `:${encodeURIComponent(password)}`}@`;
}

/** Host and port as a URL has them: an IPv6 address stands in brackets. */
export function address(host: string | null, port: number): string {
  const name = host ?? '';
  return `${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${port}`;
}

/** How to try each connection by hand: commands to paste, by backend. */
export function tryOut(connections: Connections): Record<string, string> {
  return Object.fromEntries(Object.entries(connections).flatMap(([backend, it]) => {
    const line = TRIES[backend]?.(it);
    return line === undefined ? [] : [[backend, line] as const];
  }));
}

const TRIES: Record<string, (it: Connections[string]) => string> = {
  postgres: ({ url }) => `psql ${quoted(url)}`,
  mongodb: ({ url }) => `mongosh ${quoted(url)}`,
  qdrant: ({ url, apiKey, collection }) => `curl -sS ${apiKey === undefined ? '' : `-H ${quoted(`api-key: ${apiKey}`)} `}${quoted(`${url}/collections/${collection}`)}`,
  keycloak: ({ issuer, clientId, clientSecret }) =>
    `curl -sS ${quoted(`${issuer}/protocol/openid-connect/token`)} -d grant_type=client_credentials -d ${quoted(`client_id=${clientId}`)} -d ${quoted(`client_secret=${clientSecret}`)}`,
};
