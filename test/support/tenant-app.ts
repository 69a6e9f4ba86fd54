import { type BackendKind } from '@freeflow/contract';
import { createMasterClient } from '@freeflow/db-master';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { VaultKv } from '@freeflow/lib/vault';
import { QdrantClient } from '@qdrant/js-client-rest';
import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import type { TestInstallation } from './installation';
import { withPostgres } from './outside';
import type { Tenant } from './tenants';

/** `in`, or the code by which the server refuses: SQLSTATE, MongoDB's number, an HTTP status. */
export type Answer = string;

/** A tenant's application: it knows its own credentials, as they were when it was started, and nothing else. */
export interface TenantApp {
  /** Logs in anew. */
  logIn: Record<BackendKind, () => Promise<Answer>>;
  /** Uses what was opened when the application started. */
  goOn: Record<BackendKind, () => Promise<Answer>>;
  close(): Promise<void>;
}

/** Every secret of a tenant, by `backend/name`, from the real store. */
export async function secretsOf(
  { masterUrl, info, vault: settings }: Pick<TestInstallation, 'masterUrl' | 'info' | 'vault'>,
  tenantId: string,
): Promise<Record<string, string>> {
  const db = createMasterClient(masterUrl, { maxConnections: 1 });
  const vault = settings === undefined ? undefined : new VaultKv(settings);
  try {
    const store = createSecretStore(db, readSecretKeys(info.secretsKey), { vault });
    const entries = await Promise.all(
      (await store.list(tenantId)).map(
        async ({ backend, name, ref }) =>
          [`${backend}/${name}`, await store.resolve(ref, { tenantId, backend, name })] as const,
      ),
    );
    return Object.fromEntries(entries);
  } finally {
    await Promise.all([db.$disconnect(), vault?.close()]);
  }
}

/** What its logins are called by now, by the master database: each rotation gives it others. */
async function loginsOf(
  { masterUrl }: Pick<TestInstallation, 'masterUrl'>,
  tenantId: string,
): Promise<Record<'postgres' | 'mongodb' | 'keycloak', string>> {
  return withPostgres(masterUrl, async (client) => {
    const { rows } = await client.query<{ kind: string; credential: number; username: string | null }>(
      `SELECT r.kind::text AS kind, r.credential, c.username FROM "TenantResource" r
         LEFT JOIN "TenantConnection" c ON c."tenantId" = r."tenantId" AND c.service::text = r.kind::text WHERE r."tenantId" = $1`,
      [tenantId],
    );
    const of = (kind: string) => rows.find((it) => it.kind === kind);
    const { credential = 1 } = of('keycloak') ?? {};
    return {
      postgres: of('postgres')?.username ?? '',
      mongodb: of('mongodb')?.username ?? '',
      keycloak: credential === 1 ? 'freeflow-app' : `freeflow-app-${['a', 'b', 'c'][credential % 3]}`,
    };
  });
}

/** The ways into a tenant's four backends by its own credentials. */
async function doorsOf(
  installation: Pick<TestInstallation, 'masterUrl' | 'info' | 'vault'>,
  { id, name }: Pick<Tenant, 'id' | 'name'>,
) {
  const [secrets, logins] = await Promise.all([secretsOf(installation, id), loginsOf(installation, id)]);
  const { postgres, mongodb, qdrant, keycloak } = installation.info;
  const database = `freeflow_${name}`;
  const withLogin = (url: string, user: string, password: string) => {
    const changed = new URL(url);
    [changed.username, changed.password, changed.pathname, changed.search] = [user, password, `/${database}`, ''];
    return changed.href;
  };
  const newPg = () => {
    const client = new Client({
      connectionString: withLogin(postgres.url, logins.postgres, secrets['postgres/password'] ?? ''),
    });
    client.on('error', () => undefined);
    return client;
  };
  const newMongo = () =>
    new MongoClient(
      `${withLogin(mongodb.url, logins.mongodb, secrets['mongodb/password'] ?? '')}?authSource=${database}&directConnection=true`,
    );
  const askQdrant = () =>
    new QdrantClient({
      url: qdrant.url,
      apiKey: secrets['qdrant/token'] ?? '',
      checkCompatibility: false,
    }).getCollection(`${database}_vectors`);
  const oidc = async (path: string, fields: Record<string, string>, token?: string) => {
    const form = { client_id: logins.keycloak, client_secret: secrets['keycloak/client-secret'] ?? '', ...fields };
    const request =
      token === undefined ? { body: new URLSearchParams(form) } : { headers: { authorization: `Bearer ${token}` } };
    const response = await fetch(`${keycloak.url}/realms/freeflow-${name}/protocol/openid-connect/${path}`, {
      method: 'POST',
      ...request,
    });
    if (!response.ok) throw Object.assign(new Error(await response.text()), { status: response.status });
    return (await response.json()) as { access_token?: string };
  };
  const newToken = () => oidc('token', { grant_type: 'client_credentials', scope: 'openid' });

  const readMongo = (client: MongoClient) => client.db(database).collection('things').findOne();
  const logIn: TenantApp['logIn'] = {
    postgres: () =>
      answerOf(async () => {
        const client = newPg();
        try {
          await client.connect();
          await client.query('SELECT 1');
        } finally {
          await client.end().catch(() => undefined);
        }
      }),
    mongodb: () =>
      answerOf(async () => {
        const client = newMongo();
        try {
          await readMongo(client);
        } finally {
          await client.close();
        }
      }),
    qdrant: () => answerOf(askQdrant),
    keycloak: () => answerOf(newToken),
  };
  return { logIn, newPg, newMongo, newToken, askQdrant, readMongo, oidc };
}

/** Logs in anew at all backends with the tenant's own credentials; keeps nothing open. */
export async function logInEverywhere(
  installation: Pick<TestInstallation, 'masterUrl' | 'info' | 'vault'>,
  tenant: Pick<Tenant, 'id' | 'name'>,
): Promise<Record<BackendKind, Answer>> {
  return answersOf((await doorsOf(installation, tenant)).logIn);
}

/** What each backend answers. */
export async function answersOf(of: TenantApp['logIn']): Promise<Record<BackendKind, Answer>> {
  const answers = await Promise.all(Object.entries(of).map(async ([kind, ask]) => [kind, await ask()] as const));
  return Object.fromEntries(answers) as Record<BackendKind, Answer>;
}

export const ALL_IN: Record<BackendKind, Answer> = { postgres: 'in', mongodb: 'in', qdrant: 'in', keycloak: 'in' };
/** Not permitted to log in; authentication failed; the token's point is gone; the realm is disabled. */
export const ALL_OUT: Record<BackendKind, Answer> = {
  postgres: '28000',
  mongodb: '18',
  qdrant: '401',
  keycloak: '403',
};

export async function startApp(
  installation: TestInstallation,
  tenant: Pick<Tenant, 'id' | 'name'>,
): Promise<TenantApp> {
  const { logIn, newPg, newMongo, newToken, askQdrant, readMongo, oidc } = await doorsOf(installation, tenant);
  const open = { pg: newPg(), mongo: newMongo(), token: (await newToken()).access_token ?? '' };
  await open.pg.connect();
  await open.mongo.connect();
  return {
    logIn,
    goOn: {
      postgres: () => answerOf(() => open.pg.query('SELECT 1')),
      mongodb: () => answerOf(() => readMongo(open.mongo)),
      qdrant: () => answerOf(askQdrant),
      keycloak: () => answerOf(() => oidc('userinfo', {}, open.token)),
    },
    close: async () => {
      await Promise.allSettled([open.pg.end(), open.mongo.close()]);
    },
  };
}

async function answerOf(attempt: () => Promise<unknown>): Promise<Answer> {
  try {
    await attempt();
    return 'in';
  } catch (error) {
    const { code, status, message } = error as { code?: string | number; status?: number; message: string };
    return String(code ?? status ?? message);
  }
}
