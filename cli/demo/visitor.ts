import { randomUUID } from 'node:crypto';
import { grantClientCredentials, OAuthError, type AccessToken } from '@freeflow/lib/oauth';
import { ErrorTolerantClient } from '@freeflow/lib/pg';
import { MongoClient } from 'mongodb';
import type { Client } from 'pg';
import type { Connections } from '../connections';

type Fields = Connections[string];

/** What a tenant's application does at one backend, by nothing but its connection strings. */
interface Visit {
  title: string;
  /** Writes something of its own and reads it back; says what. */
  own: (mine: Fields) => Promise<string>;
  /** Tries to get at a neighbour's, with its own credentials. */
  intrude: (mine: Fields, theirs: Fields) => Promise<unknown>;
  /** The codes by which this server says that one may not, or may not come in. Nothing else proves anything. */
  refusals: readonly (string | number)[];
}

const TIMEOUT_MS = 10_000;
const LONGEST = 90;

const inPostgres = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new ErrorTolerantClient({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    settings: { statement_timeout: TIMEOUT_MS },
  });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
};

const inMongo = async <T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> => {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: TIMEOUT_MS });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
};

async function askQdrant(
  { url, apiKey }: Fields,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${url}/collections/${path}`, {
    method,
    headers: { 'api-key': String(apiKey), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw Object.assign(new Error(response.statusText), { status: response.status });
  return ((await response.json()) as { result: unknown }).result;
}

async function token({ tokenUrl }: Fields, { clientId, clientSecret }: Fields): Promise<AccessToken> {
  try {
    return await grantClientCredentials({
      tokenUrl: String(tokenUrl),
      clientId: String(clientId),
      clientSecret: String(clientSecret),
      secretBy: 'form',
    });
  } catch (error) {
    if (!(error instanceof OAuthError) || error.status === undefined) throw error;
    throw Object.assign(new Error(error.reason), { status: error.status });
  }
}

/** The four backends, as an application meets them. */
export const VISITS: Readonly<Record<string, Visit>> = {
  postgres: {
    title: 'PostgreSQL',
    own: ({ url, database }) =>
      inPostgres(String(url), async (client) => {
        await client.query('CREATE TABLE IF NOT EXISTS demo (said text)');
        await client.query('INSERT INTO demo VALUES ($1)', ['hello']);
        const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM demo');
        return `${rows[0]?.n} row(s) in its own table in ${database}`;
      }),
    intrude: (mine, theirs) => {
      const url = new URL(String(mine['url']));
      url.pathname = `/${theirs['database']}`;
      return inPostgres(url.href, (client) => client.query('SELECT 1'));
    },
    refusals: ['42501', '28000', '28P01'],
  },
  mongodb: {
    title: 'MongoDB',
    own: ({ url, database }) =>
      inMongo(String(url), async (client) => {
        await client.db().collection('demo').insertOne({ said: 'hello' });
        return `${await client.db().collection('demo').countDocuments()} document(s) in its own collection in ${database}`;
      }),
    intrude: (mine, theirs) =>
      inMongo(String(mine['url']), (client) => client.db(String(theirs['database'])).collection('demo').findOne()),
    refusals: [13, 18],
  },
  qdrant: {
    title: 'Qdrant',
    own: async (mine) => {
      const collection = String(mine['collection']);
      const { config } = (await askQdrant(mine, 'GET', collection)) as {
        config: { params: { vectors: { size: number } } };
      };
      const vector = Array.from({ length: config.params.vectors.size }, () => 0.5);
      await askQdrant(mine, 'PUT', `${collection}/points?wait=true`, {
        points: [{ id: randomUUID(), vector, payload: { said: 'hello' } }],
      });
      const { count } = (await askQdrant(mine, 'POST', `${collection}/points/count`, {
        exact: true,
        filter: { must: [{ key: 'said', match: { value: 'hello' } }] },
      })) as { count: number };
      return `${count} point(s) in its own collection ${collection}`;
    },
    intrude: (mine, theirs) => askQdrant(mine, 'GET', String(theirs['collection'])),
    refusals: [401, 403],
  },
  keycloak: {
    title: 'Keycloak',
    own: async (mine) => {
      await token(mine, mine);
      return `a token of its own realm ${mine['realm']}`;
    },
    intrude: (mine, theirs) => token(theirs, mine),
    // 404: the realm is gone with its tenant.
    refusals: [401, 403, 404],
  },
};

/**
 * How a server refuses; undefined when it lets one in.
 * @throws the failure itself, where it is none of the server's refusals
 */
export async function refusalOf(
  attempt: () => Promise<unknown>,
  { refusals }: Pick<Visit, 'refusals'>,
): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    const { code, status, message } = error as { code?: string | number; status?: number; message: string };
    const said = code ?? status;
    if (said === undefined || !refusals.includes(said)) throw error;
    return `${message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message} (${said})`;
  }
}
