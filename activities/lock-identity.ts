import { randomInt } from 'node:crypto';
import { IDENTITY_CLASS, KEEPALIVES, SEALING_CLASS, sealingNumberOf } from '@freeflow/lib/pg';
import { DatabaseError, type Client } from 'pg';

/** By this a single hold of a lock is known, as its session is by its own: the second number is that of no other. */
export const HOLD_CLASS = IDENTITY_CLASS + 1;
const LARGEST_INT4 = 2 ** 31;

/**
 * For how long the server keeps a session that has sent nothing; it is pinged every two seconds. A peer that is gone
 * without a word is noticed by TCP before that, unless something between the two answers in its place. A paused worker
 * keeps its locks meanwhile.
 */
const SETTINGS = {
  ...KEEPALIVES,
  idle_session_timeout: '60s',
} as const;

const GONE_WITHIN_CHECKS = 20;
const CHECK_EVERY_MS = 100;

/** For a session, or for a hold. */
export const newIdentity = (): number => randomInt(1, LARGEST_INT4);

/**
 * Turns a fresh connection into a lock session: the server ends it when its peer is gone, and it can be distinguished
 * from all others.
 * @param keyId the key by which this process seals secrets; it does so only while it holds a lock here
 */
export async function becomeLockSession(client: Client, identity: number, keyId?: string): Promise<void> {
  // Older servers lack some of them: https://www.postgresql.org/docs/14/release-14.html (idle_session_timeout)
  await client.query(
    'SELECT set_config(name, value, false) FROM pg_settings JOIN json_each_text($1) wanted(key, value) ON name = key',
    [JSON.stringify(SETTINGS)],
  );
  // At once: a session that is seen without a key counts as one that hides it.
  await client.query(
    `SELECT pg_advisory_lock($1::int, $2::int), CASE WHEN $4::int IS NOT NULL THEN pg_advisory_lock_shared($3::int, $4::int) END`,
    [IDENTITY_CLASS, identity, SEALING_CLASS, keyId === undefined ? null : sealingNumberOf(keyId)],
  );
}

/**
 * Ends former sessions of this process that live on at the server, with the locks they had or take when a late request
 * arrives. Their role is ours, so we may.
 * @returns whether they are gone; where the server refuses that, it keeps them until {@link SETTINGS} end them
 */
export async function endFormerSessions(client: Client, identities: readonly number[]): Promise<boolean> {
  try {
    for (let checks = 0; checks < GONE_WITHIN_CHECKS; checks++) {
      const { rowCount } = await client.query(TERMINATE, [IDENTITY_CLASS, identities]);
      if (rowCount === 0) return true;
      await new Promise((resolve) => setTimeout(resolve, CHECK_EVERY_MS));
    }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
  }
  return false;
}

const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM pg_locks
   WHERE locktype = 'advisory' AND objsubid = 2 AND classid::bigint = $1 AND objid::bigint = ANY($2::bigint[]) AND pid <> pg_backend_pid()
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
