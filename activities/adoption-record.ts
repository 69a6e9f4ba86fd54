import type { StepFailure } from '@freeflow/contract';
import { adviceOn } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import type { StepInput } from './attempt';
import { end, inTransaction, takenBy, type SearchAttributes } from './tenant-record';

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
    /** Nothing, when the operation has ended or there is no tenant any more. */
    'begin-adoption': (input: StepInput): Promise<BegunAdoption | undefined> =>
      inTransaction(db, 'begin-adoption', input, async (tx, { tenant, operation, now }, runId) => {
        const { name: tenantName, goneAt } = tenant;
        const { id, backend, requestedBy } = operation;
        if (goneAt !== null) {
          await end(tx, { operation, now }, 'refused', {
            step: 'begin-adoption',
            cause: `tenant ${tenantName} is gone`,
            advice: adviceOn('not-adoptable'),
          });
          return { message: `refused: tenant ${tenantName} is gone`, result: undefined };
        }
        await tx.tenantOperation.update({
          where: { id },
          data: { state: 'running', ...takenBy(operation, runId, now) },
        });
        return {
          message: `adoption of ${backend ?? 'nothing'} begins, asked for by ${requestedBy}`,
          result: { tenantName, requestedBy, ...(searchAttributes === undefined ? {} : { searchAttributes }) },
        };
      }),

    /** Whatever the reason, an adoption that failed has changed nothing and won't go on by itself. */
    'end-adoption': (input: StepInput & { refused?: StepFailure }): Promise<void> =>
      inTransaction(db, 'end-adoption', input, async (tx, { tenant, operation, now }) => {
        const { refused } = input;
        await end(
          tx,
          { operation, now },
          refused === undefined ? 'done' : 'refused',
          refused && { ...refused, advice: adviceOn('not-adoptable') },
        );
        return {
          message:
            refused === undefined
              ? `${operation.backend ?? 'nothing'} of ${tenant.name} is as recorded`
              : `refused: ${refused.cause}`,
          result: undefined,
        };
      }),
  };
}
