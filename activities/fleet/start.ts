import type { PrismaClient } from '@freeflow/db-master';
import { withDeadline } from '@freeflow/lib/deadline';
import { log } from '@temporalio/activity';
import { messageOf } from '../../backends/failures';
import { noteLateOutcomes } from './outcomes';

/** Starts the run that upgrades the fleet, unless it runs. */
export type StartFleet = (id: string) => Promise<void>;

const DEADLINE_MS = 5_000;

/**
 * Accepted means committed: what is open and has no run gets one. And what was parked when its upgrade ended is noted
 * once it has ended itself. Never throws.
 */
export async function startOpenFleets(db: PrismaClient, start: StartFleet): Promise<void> {
  try {
    await noteLateOutcomes(db);
    const open = await db.fleetUpgrade.findMany({ where: { endedAt: null }, select: { id: true } });
    for (const { id } of open) await withDeadline(DEADLINE_MS, start(id));
  } catch (error) {
    log.warn('the upgrade of the fleet could not be started; the next sweep tries again', { cause: messageOf(error) });
  }
}
