import type { Usage } from '@freeflow/contract';
import type { Pool } from 'pg';
import { BackendFault } from '../failures';
import { rolesOf } from './sql';

const MEASURE = `
  SELECT pg_database_size(d.oid)::float8 AS size, (SELECT count(*)::int FROM pg_stat_activity WHERE usename = ANY ($2)) AS connections
    FROM pg_database d WHERE d.datname = $1`;

/** How much there is of a tenant. @throws BackendFault `missing-resource` */
export async function measurePostgres(pool: Pool, name: string): Promise<Usage> {
  const {
    rows: [usage],
  } = await pool.query<{ size: number; connections: number }>(MEASURE, [name, rolesOf(name)]);
  if (usage === undefined) throw new BackendFault('missing-resource', `PostgreSQL: there is no database ${name}`);
  return usage;
}
