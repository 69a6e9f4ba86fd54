// For the tests of the migrator and of what it makes: databases that it has not seen yet, with roles of their own.
// Whoever needs a master database and no more takes a copy of the migrated one: master.ts.
import { randomBytes } from 'node:crypto';
import { withDatabase, errorCode } from '@freeflow/lib/pg';
import { escapeIdentifier, type QueryResultRow } from 'pg';
import type { RoleNames } from '../../prisma/grant-access';
import { migrateMasterDatabase, type MigrateOptions } from '../../prisma/migrate';
import { readStackInfo } from '../../stack/stack-info';
import { TEST_STACK } from './master';
import { withPostgres } from './outside';

/** The test server's owner. */
export const adminUrl = (): string => readStackInfo(TEST_STACK).postgres.url;

/** A database that may not exist yet, with roles no one else uses: roles belong to the whole server. */
export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  readonly roles: RoleNames;
  readonly passwords: { readonly apiPassword: string; readonly workerPassword: string };
  readonly apiUrl: string;
  readonly workerUrl: string;
  /** What the migrations said, line by line. */
  readonly said: string[];
  migrate(options?: Partial<MigrateOptions>): Promise<void>;
  /** Drops database and roles, whatever exists of them. */
  drop(): Promise<void>;
}

export function newTestDatabase(): TestDatabase {
  const suffix = randomBytes(5).toString('hex');
  const name = `freeflow_db_test_${suffix}`;
  const url = withDatabase(adminUrl(), name);
  const roles = { api: `freeflow_api_${suffix}`, worker: `freeflow_worker_${suffix}` };
  const passwords = { apiPassword: `a'\\ ${suffix}`, workerPassword: `w-${suffix}` };
  const said: string[] = [];
  return {
    name,
    url,
    roles,
    passwords,
    said,
    apiUrl: withLogin(url, roles.api, passwords.apiPassword),
    workerUrl: withLogin(url, roles.worker, passwords.workerPassword),
    migrate: (options) =>
      migrateMasterDatabase({ url, roles, ...passwords, print: (line) => said.push(line), ...options }),
    drop: async () => {
      await query(adminUrl(), `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
      for (const role of Object.values(roles)) await query(adminUrl(), `DROP ROLE IF EXISTS ${escapeIdentifier(role)}`);
    },
  };
}

export function withLogin(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = encodeURIComponent(user);
  changed.password = encodeURIComponent(password);
  return changed.href;
}

/** One statement over a connection of its own. */
export async function query<Row extends QueryResultRow>(url: string, text: string, values?: unknown[]): Promise<Row[]> {
  return withPostgres(url, async (client) => (await client.query<Row>(text, values)).rows);
}

/** `ok`, or the SQLSTATE a statement fails with. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => errorCode(error) || String(error),
  );
}
