import type { PrismaClient } from '@freeflow/db-master';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sweepActivities, type FindOpenRuns, type StartOperation } from '../../activities/sweep';

/** Runs one sweep as a worker would. */
export async function sweepOnce(db: PrismaClient, start: StartOperation, findOpenRuns?: FindOpenRuns): Promise<number> {
  const activities = sweepActivities(db, start, findOpenRuns);
  const { started } = (await new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(() =>
    activities.sweep(),
  )) as { started: number };
  return started;
}

/** One statement for all of them would take longer than the server lets one take where it is busy. */
const PORTION = 500;

/**
 * So many tenants that were requested one second after the other, each with an operation as the columns say. Gives
 * nothing: there may be very many.
 */
export async function requestMany(
  db: PrismaClient,
  prefix: string,
  count: number,
  columns: Partial<Record<'state' | 'runs' | 'endedAt' | 'lastRunAt', string>> = {},
): Promise<void> {
  const names = Object.keys(columns)
    .map((it) => `, "${it}"`)
    .join('');
  const values = Object.values(columns)
    .map((it) => `, ${it}`)
    .join('');
  for (let from = 1; from <= count; from += PORTION)
    await db.$executeRawUnsafe(`
    WITH t AS (
      INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", "createdAt", "updatedAt")
      SELECT gen_random_uuid(), n, n, n, n, n, now() - (${count} - i) * interval '1 second', now() FROM (SELECT i, '${prefix}' || lpad(i::text, 6, '0') AS n FROM generate_series(${from}, ${Math.min(count, from + PORTION - 1)}) i) s
      RETURNING id, "createdAt")
    INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy", "createdAt", "updatedAt"${names})
    SELECT gen_random_uuid(), id, 'create', 'test', "createdAt", now()${values} FROM t`);
}
