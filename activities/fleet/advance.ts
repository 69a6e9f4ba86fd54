import type { FleetUpgrade, PrismaClient } from '@freeflow/db-master';
import { log } from '@temporalio/activity';
import { messageOf } from '../../backends/failures';
import { runActivity } from '../activity-shell';
import type { Due } from '../due-operations';
import type { StartOperation } from '../sweep';
import { noteOutcomes } from './outcomes';
import { takeUp } from './take-up';
import { countTenants, verdictOf, type Verdict } from './verdict';

/** How far an upgrade of the fleet is: over, with a sentence for people, or to be looked at again. */
export interface FleetProgress {
  outcome?: string;
  pauseMs: number;
}

const BUSY_MS = 500;
const PAUSED_MS = 5_000;
/** A fleet has thousands of rows, and the statements of one round touch some of them. */
const TRANSACTION_MS = 20_000;

/**
 * One look at an upgrade of the fleet, and what follows from it, in one transaction under the lock of its row: the
 * outcomes of tenants, whether to pause, who is next. So an attempt that is repeated finds what the one before has
 * done. Then the new operations are started; what can't be is started by the sweep, like any operation.
 */
export function fleetActivities(db: PrismaClient, start: StartOperation) {
  return {
    advanceFleet: ({ id }: { id: string }): Promise<FleetProgress> =>
      runActivity(async () => {
        const { verdict, due } = await db.$transaction((tx) => advance(tx, id), { timeout: TRANSACTION_MS });
        await Promise.all(due.map((it) => startOne(it, start)));
        return {
          ...(verdict.outcome === undefined ? {} : { outcome: verdict.outcome }),
          pauseMs: verdict.state === 'paused' ? PAUSED_MS : BUSY_MS,
        };
      }),
  };
}

type Tx = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

async function advance(tx: Tx, id: string): Promise<{ verdict: Verdict; due: Due[] }> {
  const [fleet] = await tx.$queryRaw<FleetUpgrade[]>`SELECT * FROM "FleetUpgrade" WHERE id = ${id}::uuid FOR UPDATE`;
  if (fleet === undefined) return { verdict: { state: 'done', outcome: 'there is no such upgrade' }, due: [] };
  if (fleet.endedAt !== null) return { verdict: { state: 'done', outcome: `it has ended: ${fleet.state}` }, due: [] };
  await noteOutcomes(tx, fleet);
  const before = verdictOf(fleet, await countTenants(tx, id));
  const { slots = 0, isCanary = false } = before;
  const due = slots > 0 ? await takeUp(tx, fleet, slots, isCanary) : [];
  // Of those that were taken up some may have been left: then it may be over.
  const verdict = slots > 0 ? verdictOf(fleet, await countTenants(tx, id)) : before;
  await record(tx, fleet, verdict);
  return { verdict, due };
}

async function record(tx: Tx, { id, state }: FleetUpgrade, verdict: Verdict): Promise<void> {
  const isOver = verdict.outcome !== undefined;
  if (!isOver && verdict.state === state) return;
  if (verdict.state === 'cancelled')
    await tx.fleetTenant.updateMany({
      where: { upgradeId: id, state: 'waiting' },
      data: { state: 'cancelled', changedAt: new Date() },
    });
  await tx.$executeRaw`
    UPDATE "FleetUpgrade" SET state = ${verdict.state}, reason = ${verdict.reason ?? null},
           "endedAt" = CASE WHEN ${isOver} THEN clock_timestamp() END WHERE id = ${id}::uuid`;
}

async function startOne(due: Due, start: StartOperation): Promise<void> {
  try {
    await start(due);
  } catch (error) {
    log.warn('an upgrade could not be started; the sweep will', { tenantId: due.tenantId, cause: messageOf(error) });
  }
}
