import {
  isProblemCode,
  OPERATION_REQUESTS,
  operationTitle,
  type Answer,
  type OperationKind,
  type Decision,
  type ProblemCode,
  type ProtectedBy,
  type TenantRequestName,
  type TenantSituation,
} from '@freeflow/contract';
import type { Tenant } from '@freeflow/db-master';
import { Problem } from '../errors';

// Details that go on where the problem's title ends: they name the request, and don't repeat the title.

export const tenantNotFound = (id: string): Problem => new Problem('tenant-unknown', `No tenant has the id ${id}.`);

export const externalIdTaken = (externalId: string, cause: unknown): Problem =>
  new Problem('external-id-taken', `Another tenant has the externalId ${externalId}.`, {
    cause,
    errors: [{ pointer: '/externalId', detail: 'is taken' }],
  });

/** Why a tenant is not deleted. */
export const refuseDeletion = (
  by: ProtectedBy,
  { holdUntil, holdReason }: Pick<Tenant, 'holdUntil' | 'holdReason'>,
): Problem =>
  new Problem(
    by,
    by === 'on-hold'
      ? `It is held until ${holdUntil?.toISOString() ?? 'now'}${holdReason === null ? '' : `: ${holdReason}`}`
      : 'Nothing was changed.',
  );

/** Why an operation is not accepted. */
export function refuseOperation(
  code: Exclude<Decision, 'accept' | 'nothing'>,
  requestName: TenantRequestName,
  situation: TenantSituation,
  inProgress: OperationKind | undefined,
): Problem {
  if (situation === 'gone') return new Problem(code, 'It is gone.');
  const during = inProgress === undefined ? '' : ` during its ${operationTitle(inProgress)}`;
  return new Problem(code, `Can not ${operationTitle(OPERATION_REQUESTS[requestName].kind)} it${during}.`);
}

/** Why the run of an operation does not take an answer. */
export function refuseAnswer({ action, step }: Pick<Answer, 'action' | 'step'>, refusal: string): Problem {
  const code = isProblemCode(refusal) ? refusal : 'not-stuck';
  return new Problem(code, ANSWER_DETAILS[code]?.(step ?? 'the step', action) ?? `Can not ${action} it.`);
}

const ANSWER_DETAILS: Partial<Record<ProblemCode, (step: string, action: string) => string>> = {
  'not-stuck': (step, action) =>
    step === 'the step' ? `No step can take ${action}.` : `There is no step ${step} that can take ${action}.`,
  'not-skippable': (step) => (step === 'the step' ? 'It goes forward.' : `${step} goes forward.`),
  'past-point-of-no-return': () => 'An undo or a drop has begun.',
  'operation-changed': () => 'Another operation is in progress; nothing was changed.',
};

/** An answer to an operation that is no longer open. */
export const operationEnded = (operationId: string): Problem =>
  new Problem('operation-changed', `Operation ${operationId} has ended; nothing was changed.`);
