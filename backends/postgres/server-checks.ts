import { sharesSessions } from '@freeflow/lib/pg';
import type { Client } from 'pg';
import { fail, notChecked, ok, warn, type Check, type Finding } from '../doctor/check';
import { compareClocks } from '../doctor/clock';
import { type SupportedVersions, versionFinding } from '../doctor/versions';
import { postgresProblem, withServerSession } from './provisioner/client';
import { OLDEST } from './provisioner/set-up';

export const VERSIONS: SupportedVersions = {
  title: 'PostgreSQL',
  tested: ['18'],
  least: { version: String(OLDEST), why: 'CREATEROLE gives rights over nearly every role there' },
};

/** Runs on a connection of its own. */
export async function checkPostgres(url: string, work: (client: Client) => Promise<Finding>): Promise<Finding> {
  try {
    return await withServerSession(url, work);
  } catch (error) {
    throw postgresProblem(error);
  }
}

/** What is looked at with any PostgreSQL server: its version, its clock, and what sessions there are like. */
export function serverChecks<Name extends string>(name: string, variable: Name): Check<Name>[] {
  const check = (what: string, work: (client: Client) => Promise<Finding>): Check<Name> => ({
    name: `${name}.${what}`,
    needs: [variable],
    after: [`${name}.connection`],
    run: (values) => checkPostgres(values[variable], work),
  });
  return [
    check('version', async (client) =>
      versionFinding(
        VERSIONS,
        String(
          (await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`)).rows[0]
            ?.version,
        ),
      ),
    ),
    check('clock', (client) =>
      compareClocks(async () => {
        const {
          rows: [row],
        } = await client.query<{ at: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS at');
        return row === undefined ? undefined : { at: row.at, precisionMs: 1 };
      }),
    ),
    {
      name: `${name}.sessions`,
      needs: [variable],
      after: [`${name}.connection`],
      run: async (values) => (await pooling(values[variable])) ?? checkPostgres(values[variable], zone),
    },
  ];
}

/** Locks are held, and settings kept, by a session. */
async function pooling(url: string): Promise<Finding | undefined> {
  const isShared = await sharesSessions(url);
  if (isShared === undefined) return notChecked('no second connection could be opened to compare with');
  return isShared
    ? fail(
        'a pooler shares them between clients, by transaction or statement',
        'Set pool_mode = session in the pooler for this database and user, or use the address of the server itself.',
      )
    : undefined;
}

/**
 * What zone our sessions are in, and what zone a session would be in that does not set one
 * (https://www.postgresql.org/docs/current/view-pg-settings.html).
 */
async function zone(client: Client): Promise<Finding> {
  const {
    rows: [row],
  } = await client.query<{ now: string; otherwise: string }>(
    "SELECT setting AS now, reset_val AS otherwise FROM pg_settings WHERE name = 'TimeZone'",
  );
  const { now = '?', otherwise = '?' } = row ?? {};
  if (!isUtc(now))
    return fail(
      `they are in ${now}, where all times are read as UTC`,
      'Configure the pooler not to change the setting TimeZone.',
    );
  if (isUtc(otherwise)) return ok('not shared by a pooler, in UTC');
  return warn(
    `in UTC, since they set it themselves; other programs get ${otherwise}`,
    "Set it for all programs: ALTER DATABASE ... SET timezone = 'UTC'",
  );
}

const isUtc = (zone: string): boolean => /^(Etc\/)?(UTC|UCT|Zulu|Universal|Greenwich|GMT([+-]?0)?)$/i.test(zone);
