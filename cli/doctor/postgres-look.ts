import type { Client } from 'pg';
import { postgresProblem, withClient } from '../../setup/postgres-client';
import { compareClocks } from './clock';
import type { Check, Finding } from './check';
import type { SettingName } from './settings';
import { versionFinding } from './versions';

/** Runs on a connection of its own. */
export async function onPostgres(url: string, work: (client: Client) => Promise<Finding>): Promise<Finding> {
  try {
    return await withClient(url, work);
  } catch (error) {
    throw postgresProblem(error);
  }
}

/** What is looked at with any PostgreSQL server: its version and its clock. */
export function serverChecks(name: string, variable: SettingName): Check[] {
  const check = (what: string, work: (client: Client) => Promise<Finding>): Check => ({ name: `${name}.${what}`, needs: [variable], after: [`${name}.connection`], look: (values) => onPostgres(values[variable], work) });
  return [
    check('version', async (client) => versionFinding('postgres', String((await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`)).rows[0]?.version))),
    check('clock', (client) => compareClocks(async () => {
      const { rows: [row] } = await client.query<{ at: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS at');
      return row === undefined ? undefined : { at: row.at, precisionMs: 1 };
    })),
  ];
}
