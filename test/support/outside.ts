import type { StackInfo } from '@freeflow/contract/stack-info';
import { QdrantClient } from '@qdrant/js-client-rest';
import { MongoClient } from 'mongodb';
import { Client } from 'pg';

/** What stands at the backends under a tenant's name, seen by each backend's own driver with its owner's eyes. */
export interface Seen {
  postgres: { oid: string; owner: string } | null;
  postgresRoles: string[];
  mongoUsers: string[];
  mongoCollections: string[];
  qdrant: { points: number; metadata: unknown } | null;
  qdrantTokens: number;
  keycloak: { id: string } | null;
}

export const NOTHING: Seen = {
  postgres: null,
  postgresRoles: [],
  mongoUsers: [],
  mongoCollections: [],
  qdrant: null,
  qdrantTokens: 0,
  keycloak: null,
};

/** What `observeFromOutside` matches of a tenant that was just created: each of its resources once. */
export const emptyTenant = (name: string) => ({
  postgres: { owner: `freeflow_${name}_owner` },
  postgresRoles: [`freeflow_${name}_app`, `freeflow_${name}_owner`],
  mongoUsers: [`freeflow_${name}`],
  qdrant: { points: 0 },
  qdrantTokens: 1,
  keycloak: { id: expect.any(String) as string },
});

/** Looks at all four backends; never uses the product's own code. */
export async function observeFromOutside(info: StackInfo, name: string): Promise<Seen> {
  const [postgres, mongo, qdrant, keycloak] = await Promise.all([
    inPostgres(info, name),
    inMongo(info, name),
    inQdrant(info, name),
    inKeycloak(info, name),
  ]);
  return { ...postgres, ...mongo, ...qdrant, keycloak };
}

async function inPostgres({ postgres }: StackInfo, name: string): Promise<Pick<Seen, 'postgres' | 'postgresRoles'>> {
  return withPostgres(postgres.url, async (client) => {
    const databases = await client.query<{ oid: string; owner: string }>(
      'SELECT oid::text, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
      [`freeflow_${name}`],
    );
    const roles = await client.query<{ rolname: string }>(
      'SELECT rolname FROM pg_roles WHERE rolname LIKE $1 ORDER BY 1',
      [`freeflow\\_${name}%`],
    );
    return { postgres: databases.rows[0] ?? null, postgresRoles: roles.rows.map((it) => it.rolname) };
  });
}

async function inMongo({ mongodb }: StackInfo, name: string): Promise<Pick<Seen, 'mongoUsers' | 'mongoCollections'>> {
  return withMongo(mongodb.url, async (client) => {
    const db = client.db(`freeflow_${name}`);
    const { users } = (await db.command({ usersInfo: 1 })) as unknown as { users: { user: string }[] };
    const collections = await db.listCollections({}, { nameOnly: true }).toArray();
    return { mongoUsers: users.map((it) => it.user), mongoCollections: collections.map((it) => it.name).sort() };
  });
}

async function inQdrant({ qdrant }: StackInfo, name: string): Promise<Pick<Seen, 'qdrant' | 'qdrantTokens'>> {
  const client = qdrantAsOwner({ qdrant });
  const collection = `freeflow_${name}_vectors`;
  const tokens = await client
    .count('freeflow_registry', {
      exact: true,
      filter: { must: [{ key: 'collection', match: { value: collection } }] },
    })
    .catch(() => ({ count: 0 }));
  const { exists } = await client.collectionExists(collection);
  if (!exists) return { qdrant: null, qdrantTokens: tokens.count };
  const { points_count: points, config } = await client.getCollection(collection);
  return { qdrant: { points: points ?? 0, metadata: config.metadata }, qdrantTokens: tokens.count };
}

async function inKeycloak(info: StackInfo, name: string): Promise<Seen['keycloak']> {
  const { status, body } = await asKeycloakAdmin(info, 'GET', `/admin/realms/freeflow-${name}`);
  if (status === 404) return null;
  return { id: String((body as { id: string }).id) };
}

export const qdrantAsOwner = ({ qdrant }: Pick<StackInfo, 'qdrant'>): QdrantClient =>
  new QdrantClient({ url: qdrant.url, apiKey: qdrant.apiKey, checkCompatibility: false });

export async function withPostgres<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

export async function withMongo<T>(url: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/**
 * The last token by the account of a stack. One of an account that a test has made up for a call is nobody's to keep.
 */
const tokens = new WeakMap<object, string>();
/** Who may not read a realm isn't shown it in a list: there a token that is too old would not be told. */
const LIST = /^\/admin\/realms(\?|$)/;

/**
 * One call of Keycloak's admin API with the bootstrap account. Rights on a realm need a token that is newer than it: an
 * old one is refused, and the call repeated with a new one, which costs Keycloak more than the call where there are
 * many realms.
 */
export async function asKeycloakAdmin(
  { keycloak }: StackInfo,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const ask = (token: string) =>
    fetch(keycloak.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const old = LIST.test(path) && method === 'GET' ? undefined : tokens.get(keycloak);
  const first = old === undefined ? undefined : await ask(old);
  const response =
    first === undefined || [401, 403].includes(first.status) ? await ask(await newAdminToken(keycloak)) : first;
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

async function newAdminToken(keycloak: StackInfo['keycloak']): Promise<string> {
  const login = await fetch(`${keycloak.url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: keycloak.clientId,
      client_secret: keycloak.clientSecret,
    }),
  });
  const { access_token: token } = (await login.json()) as { access_token: string };
  tokens.set(keycloak, token);
  return token;
}
