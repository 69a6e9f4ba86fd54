import { escapeIdentifier as id } from 'pg';
import type { Notes } from '../backend';
import { BackendFault } from '../failures';
import { enterShut } from './closed-database';
import { rollBackPrepared, type Prepared } from './prepared-transactions';
import type { PostgresServer } from './server';

// pg_has_role(..., 'SET'): we may act as its owner, so it is a tenant's or that of a role which the provisioner has
// made.
const PREPARED = `SELECT gid, owner, database, pg_has_role(owner, 'SET') AS "isOurs" FROM pg_prepared_xacts WHERE database = $1 ORDER BY gid`;
const SUBSCRIPTIONS = `
  SELECT subname AS name, pg_get_userbyid(subowner) AS owner, pg_has_role(subowner, 'SET') AS "isOurs"
    FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = $1) ORDER BY 1`;
const SLOTS = `SELECT slot_name AS name, active_pid AS pid FROM pg_replication_slots WHERE database = $1 AND active ORDER BY 1`;

interface Subscription {
  name: string;
  owner: string;
  isOurs: boolean;
}

/**
 * Ends what of the tenant's own keeps PostgreSQL from dropping its database, sessions aside, and refuses to go on where
 * it is another party's, before anything is dropped.
 * @throws BackendFault `blocked`, with the statements for who may
 */
export async function clearObstacles(server: PostgresServer, database: string, signal: AbortSignal): Promise<Notes> {
  const [prepared, subscriptions, slots] = await Promise.all([
    server.pool.query<Prepared & { isOurs: boolean }>(PREPARED, [database]),
    server.pool.query<Subscription>(SUBSCRIPTIONS, [database]),
    server.pool.query<{ name: string; pid: number }>(SLOTS, [database]),
  ]);
  const ways = [
    ...prepared.rows
      .filter((it) => !it.isOurs)
      .map(({ gid, owner }) => `prepared transaction ${gid} of ${owner}: ROLLBACK PREPARED '${gid}'`),
    ...subscriptions.rows
      .filter((it) => !it.isOurs)
      .map(({ name, owner }) => `subscription ${name} of ${owner}: DROP SUBSCRIPTION ${id(name)}`),
    ...slots.rows.map(
      ({ name, pid }) => `replication slot ${name}, which process ${pid} reads: SELECT pg_terminate_backend(${pid})`,
    ),
  ];
  if (ways.length > 0)
    throw new BackendFault(
      'blocked',
      `PostgreSQL: nothing of database ${database} was dropped, since it holds what is not the tenant's. An administrator can end it there: ${ways.join('; ')}`,
    );
  for (const it of prepared.rows) await rollBackPrepared(server, signal, it);
  for (const it of subscriptions.rows) await dropSubscription(server, database, signal, it);
  return [
    ...prepared.rows.map(({ gid }) => `prepared transaction ${gid} was rolled back`),
    ...subscriptions.rows.map(
      ({ name }) => `subscription ${name} was dropped; its slot at the publisher, if there is one, is not`,
    ),
  ];
}

/** Without a word to the publisher, which may be gone, and is none of ours. */
async function dropSubscription(
  server: PostgresServer,
  database: string,
  signal: AbortSignal,
  { name, owner }: Subscription,
): Promise<void> {
  await enterShut(server, database, signal, async ({ client, change }) => {
    await client.query(`SET ROLE ${id(owner)}`);
    await change(`ALTER SUBSCRIPTION ${id(name)} DISABLE`);
    await change(`ALTER SUBSCRIPTION ${id(name)} SET (slot_name = NONE)`);
    await change(`DROP SUBSCRIPTION ${id(name)}`);
  });
}
