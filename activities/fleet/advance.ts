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

/** How soon it looks again: soon after something has changed, and ever later while nothing does. */
const SOONEST_MS = 500;
const LATEST_MS = 15_000;
const SHARE = 1 / 20;
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
        const { verdict, due, unchangedMs } = await db.$transaction((tx) => advance(tx, id), {
          timeout: TRANSACTION_MS,
        });
        await Promise.all(due.map((it) => startOne(it, start)));
        return {
          ...(verdict.outcome === undefined ? {} : { outcome: verdict.outcome }),
          pauseMs: Math.round(Math.min(LATEST_MS, Math.max(SOONEST_MS, unchangedMs * SHARE))),
        };
      }),
  };
}

type Tx = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

interface Look {
  verdict: Verdict;
  due: Due[];
  unchangedMs: number;
}

async function advance(tx: Tx, id: string): Promise<Look> {
  const [fleet] = await tx.$queryRaw<FleetUpgrade[]>`SELECT * FROM "FleetUpgrade" WHERE id = ${id}::uuid FOR UPDATE`;
  if (fleet === undefined) return over('there is no such upgrade');
  if (fleet.endedAt !== null) return over(`it has ended: ${fleet.state}`);
  await noteOutcomes(tx, fleet);
  const counted = await countTenants(tx, id);
  const before = verdictOf(fleet, counted);
  const { slots = 0, isCanary = false } = before;
  const due = slots > 0 ? await takeUp(tx, fleet, slots, isCanary) : [];
  // Of those that were taken up some may have been left: then it may be over.
  const counts = slots > 0 ? await countTenants(tx, id) : counted;
  const verdict = slots > 0 ? verdictOf(fleet, counts) : before;
  await record(tx, fleet, verdict);
  return { verdict, due, unchangedMs: counts.unchangedMs };
}

const over = (outcome: string): Look => ({ verdict: { state: 'done', outcome }, due: [], unchangedMs: 0 });

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
