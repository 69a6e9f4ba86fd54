import { BACKEND_KINDS, backendStepName, OPERATIONS, rowOf, settlingStepOf, touchesBackends } from '@freeflow/contract';
import type { Subject } from '../kill/operations';
import { BEFORE } from '../kill/points';
import { faultsOfCounting, observeOutcome, mustBe, readLog, type Row, type Verdict } from '../kill/verdict';
import type { TestInstallation } from '../support/installation';
import type { Tenant } from '../support/tenants';
import type { Operation } from './plan';

/** What is to be seen once all faults are over and the operation has ended. */
export const expectedOf = (operation: Operation): Verdict => mustBe({ ...operation, isUndone: false });

/** What is to be seen of it, looked at with the servers' own drivers and the tenant's own credentials. */
export async function judgeAfter(
  installation: TestInstallation,
  operation: Operation,
  subject: Subject,
  tenant: Tenant,
): Promise<Verdict> {
  const stands = await observeOutcome(installation, expectedOf(operation).data === 'unchanged', subject, tenant);
  const log = await readLog(installation, subject.id, tenant.operation.id);
  // The interrupted create may have begun nowhere, or not everywhere; its own undo may have left nothing to do.
  const isInterrupted = operation.interrupts !== undefined && tenant.goneAt !== null;
  return {
    ...stands,
    ...(isInterrupted && /^[0-3] entries$/.test(stands.ledger)
      ? { ledger: await ledgerOfPart(installation, subject) }
      : {}),
    log:
      [...faultsOfCounting(log), ...missingIn(log, operation, await appliesBlueprint(installation, tenant))].join(
        ', ',
      ) || 'true',
  };
}

async function ledgerOfPart(installation: TestInstallation, { id }: Subject): Promise<string> {
  const { rows } = await installation.master.query<{ state: string }>(
    'SELECT DISTINCT state FROM "TenantResource" WHERE "tenantId" = $1',
    [id],
  );
  return `all ${rows.map((it) => it.state).join(' or ') || 'absent'}`;
}

/** Whether there was a blueprint when it began: without one nothing is applied. */
async function appliesBlueprint(installation: TestInstallation, { operation }: Tenant): Promise<boolean> {
  const { rows } = await installation.master.query<{ version: number | null }>(
    'SELECT "blueprintVersion" AS version FROM "TenantOperation" WHERE id = $1',
    [operation.id],
  );
  return rows.some(({ version }) => version !== null);
}

/** Of an attempt that was given up for dead and came back, maybe after another one has succeeded. */
const isLate = ({ status, message }: Row): boolean => status === 'error' && message.startsWith('superseded: ');

/** The steps of the plan that the log of the operation doesn't bring to a good end. */
function missingIn(log: readonly Row[], { kind, goal, interrupts }: Operation, isBlueprintApplied: boolean): string[] {
  const planned = touchesBackends(kind, BEFORE[kind], goal) ? OPERATIONS[kind].forward : [];
  const forward = planned.filter((verb) => verb !== 'apply' || isBlueprintApplied);
  const backendSteps = forward.flatMap((verb) => BACKEND_KINDS.map((backend) => backendStepName(backend, verb)));
  const row = rowOf(kind);
  // In the chaos a rotation has no overlap, and so ends what it has replaced.
  const after = row.touches === 'every-backend' ? row.after : undefined;
  const ending = after === undefined ? [] : BACKEND_KINDS.map((backend) => backendStepName(backend, after.verb));
  const last = after?.then ?? settlingStepOf(kind, goal);
  // A create that is interrupted drops all of it by its own undo, and nothing is left to do for the deletion.
  const own = log.filter((it) => it.isOfOperation || interrupts === 'create');
  const missing = ['begin', ...backendSteps, ...ending, last].filter(
    (step) => own.findLast((it) => it.step === step && !isLate(it))?.status !== 'success',
  );
  return [
    ...missing.map((step) => `${step} doesn't end with success`),
    ...(own.filter((it) => it.step === last).length > 1 ? [`more than one row of ${last}`] : []),
  ];
}
