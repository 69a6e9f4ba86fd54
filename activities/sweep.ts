import { log } from '@temporalio/activity';
import { Prisma, type BackendKind, type OperationKind, type PrismaClient } from '@freeflow/db-master';
import { messageOf } from './failures';

/** Starts the workflow of an operation; says `running` where this tenant has an open run already. */
export type StartOperation = (operation: Due) => Promise<'started' | 'running'>;

const PAGE = 200;
const FIRST_PAUSE_S = 10;
const LONGEST_PAUSE_S = 600;

/** An operation without an open run, as far as is known. */
export interface Due {
  id: string;
  tenantId: string;
  tenantName: string;
  kind: OperationKind;
  requestedBy: string;
  force: boolean;
  /** What an adoption is about; null for all others. */
  resource: BackendKind | null;
}

/** Who asks for a purge. */
export const RETENTION = 'retention';

/**
 * Accepts the purges that are due, then starts what was accepted and has no open run: never started, or its run was terminated or timed out. A run that
 * keeps ending without ending its operation is started again ever more slowly.
 */
export function sweepActivities(db: PrismaClient, start: StartOperation) {
  return {
    async sweep(): Promise<{ started: number }> {
      await acceptDuePurges(db);
      let started = 0;
      // Page by page to the end: however many operations wait for long, those behind them have their turn.
      for (let page = await dueAfter(db, undefined); page.length > 0; page = await dueAfter(db, page.at(-1))) {
        for (const operation of page) {
          try {
            if ((await start(operation)) === 'started') started++;
          } catch (error) {
            log.warn('an operation could not be started; the next sweep tries again', { tenantId: operation.tenantId, operationId: operation.id, cause: messageOf(error) });
          }
        }
      }
      return { started };
    },
  };
}

/** A tenant that is busy is left to a later sweep; the purge's own first step looks once more whether it is due. */
async function acceptDuePurges(db: PrismaClient): Promise<void> {
  await db.$executeRaw`
    INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy", "updatedAt")
    SELECT gen_random_uuid(), t.id, 'purge', ${RETENTION}, now() FROM "Tenant" t
     WHERE t.status = 'deleted' AND t."goneAt" IS NULL AND t."purgeAt" <= now() AND (t."holdUntil" IS NULL OR t."holdUntil" <= now())
    ON CONFLICT DO NOTHING`;
}

function dueAfter(db: PrismaClient, last: Due | undefined): Promise<Due[]> {
  return db.$queryRaw<Due[]>`
    SELECT o.id, o."tenantId", o.kind::text AS kind, o."requestedBy", o.force, o.resource::text AS resource, t.name AS "tenantName"
      FROM "TenantOperation" o JOIN "Tenant" t ON t.id = o."tenantId"
     WHERE o."endedAt" IS NULL
       AND (o."lastRunAt" IS NULL OR o."lastRunAt" < now() - least(${FIRST_PAUSE_S} * 2 ^ (o.runs - 1), ${LONGEST_PAUSE_S}) * interval '1 second')
       AND ${last === undefined ? Prisma.sql`true` : Prisma.sql`o.id > ${last.id}::uuid`}
     ORDER BY o.id LIMIT ${PAGE}`;
}
