import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { Client } from 'pg';
import type { ActivityHarness } from '../support/activity-harness';
import { inDatabase } from '../support/master';
import { withPostgres } from '../support/outside';

/** A tenant with a PostgreSQL database, and what it may do there itself. */
export interface PostgresTenant {
  input: Awaited<ReturnType<ActivityHarness['newTenant']>>;
  database: string;
  app: string;
  owner: string;
  password: string;
  /** A connection of its own; to be ended by the test, or by what the test is about. */
  connect(password?: string, options?: string): Promise<Client>;
  /** Runs statements on one, and ends it. */
  sql(statements: string): Promise<unknown[]>;
  run(verb: 'create' | 'probe' | 'disable' | 'enable' | 'drop'): Promise<unknown>;
  /** The message of its last step in the log. */
  lastMessage(): Promise<string>;
}

export async function newPostgresTenant(harness: ActivityHarness): Promise<PostgresTenant> {
  const input = await harness.newTenant();
  const database = `freeflow_${input.name}`;
  const app = `${database}_app`;
  await harness.run('postgres.create', input);
  const store = createSecretStore(harness.db, readSecretKeys(harness.info.secretsKey));
  const [entry] = (await store.list(input.tenantId)).filter((it) => it.backend === 'postgres');
  const password = await store.resolve(entry?.ref ?? '', { tenantId: input.tenantId, backend: 'postgres' });
  const connect = async (other = password, options?: string) => {
    const client = new Client({
      connectionString: urlAs(harness, app, other, database),
      ...(options === undefined ? {} : { options }),
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const sql = async (statements: string) => {
    const client = await connect();
    try {
      return (await client.query<Record<string, unknown>>(statements)).rows ?? [];
    } finally {
      await client.end();
    }
  };
  const lastMessage = async () =>
    (
      await harness.db.tenantProvisionLog.findFirstOrThrow({
        where: { tenantId: input.tenantId },
        orderBy: { createdAt: 'desc' },
      })
    ).message ?? '';
  return {
    input,
    database,
    app,
    owner: `${database}_owner`,
    password,
    connect,
    sql,
    run: (verb) => harness.run(`postgres.${verb}`, input),
    lastMessage,
  };
}

/** What pg says of a session that the server has ended. */
export const ENDED = /terminat|not queryable/i;

/** Runs statements as the server's superuser. */
export const asSuperuser = (
  harness: ActivityHarness,
  statements: string,
  database = 'postgres',
): Promise<Record<string, unknown>[]> =>
  withPostgres(inDatabase(harness.info.postgres.url, database), async (client) => {
    // Whatever the database itself is set to.
    await client.query('SET default_transaction_read_only = off');
    return (await client.query<Record<string, unknown>>(statements)).rows;
  });

/** What a worker notes of a database that it has opened for a moment, as one that died has left it. */
export const noteOpened = ({ info }: ActivityHarness, database: string, was: string): string =>
  `ALTER ROLE ${new URL(info.postgres.provisionerUrl).username} IN DATABASE ${database} SET application_name = 'freeflow: was ${was}'`;

function urlAs(harness: ActivityHarness, user: string, password: string, database: string): string {
  const url = new URL(inDatabase(harness.info.postgres.url, database));
  url.username = user;
  url.password = encodeURIComponent(password);
  return url.href;
}
