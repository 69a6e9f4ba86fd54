import { adviceOn, type StepFailure } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import type { StepInput } from './attempt';
import type { SearchAttributes } from './begin';
import { claimedBy, finishOperation } from './operation-row';
import { runRecordStep } from './record-step';

/** What an adoption has to know of its tenant. */
export interface BegunAdoption extends SearchAttributes {
  tenantName: string;
  requestedBy: string;
}

/** How an adoption begins and ends in the master database; it leaves the tenant and its other operations alone. */
export function adoptionActivities(
  db: PrismaClient,
  { searchAttributes }: { searchAttributes?: readonly string[] | undefined } = {},
) {
  return {
    /** @returns undefined when the operation has ended, or the tenant is gone */
    'begin-adoption': (input: StepInput): Promise<BegunAdoption | undefined> =>
      runRecordStep(db, 'begin-adoption', input, async (tx, rows, runId) => {
        const { tenant, operation, now } = rows;
        const { id, backend, requestedBy } = operation;
        if (tenant.goneAt !== null) {
          const cause = `tenant ${tenant.name} is gone`;
          const reason = { step: 'begin-adoption', cause, advice: adviceOn('not-adoptable') };
          await finishOperation(tx, rows, 'refused', reason);
          return { message: `refused: ${cause}`, result: undefined };
        }
        await tx.tenantOperation.update({
          where: { id },
          data: { state: 'running', ...claimedBy(operation, runId, now) },
        });
        return {
          message: `adoption of ${backend ?? 'nothing'} begins, requested by ${requestedBy}`,
          result: {
            tenantName: tenant.name,
            requestedBy,
            ...(searchAttributes === undefined ? {} : { searchAttributes }),
          },
        };
      }),

    /** A failed adoption has changed nothing and won't go on by itself. */
    'end-adoption': (input: StepInput & { refused?: StepFailure }): Promise<void> =>
      runRecordStep(db, 'end-adoption', input, async (tx, rows) => {
        const { tenant, operation } = rows;
        const { refused } = input;
        if (refused === undefined) {
          await finishOperation(tx, rows, 'done');
          return { message: `${operation.backend ?? 'nothing'} of ${tenant.name} is as recorded`, result: undefined };
        }
        await finishOperation(tx, rows, 'refused', { ...refused, advice: adviceOn('not-adoptable') });
        return { message: `refused: ${refused.cause}`, result: undefined };
      }),
  };
}
