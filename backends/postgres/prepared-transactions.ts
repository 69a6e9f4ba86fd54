import { escapeIdentifier as id, escapeLiteral as literal } from 'pg';
import { enterShut } from './closed-database';
import type { PostgresServer } from './server';

/**
 * A transaction that was prepared for a commit in two phases: it holds its locks without a session, also across a
 * restart.
 */
export interface Prepared {
  gid: string;
  owner: string;
  database: string;
}

/** Rolls it back as the role that prepared it, since only that role or a superuser may. */
export async function rollBackPrepared(
  server: PostgresServer,
  signal: AbortSignal,
  { gid, owner, database }: Prepared,
): Promise<void> {
  await enterShut(server, database, signal, async ({ client }) => {
    await client.query(`SET ROLE ${id(owner)}`);
    await client.query(`ROLLBACK PREPARED ${literal(gid)}`);
  });
}
