import type { OperationGoal, TenantStatus } from '../states';
import { SETTLING_STEPS, type RecordStepName } from '../step-names';
import type { OperationKind } from './kinds';
import type { OperationRow } from './row';
import { OPERATIONS, type OperationTable } from './table';

/** The kinds of operation that lead a tenant somewhere; all others correct records beside them. */
export type StatusOperationKind = {
  [K in OperationKind]: OperationTable[K]['goals'] extends readonly [] ? never : K;
}[OperationKind];
/** Those that can be undone as a whole. */
export type UndoableOperationKind = {
  [K in OperationKind]: OperationTable[K]['undo'] extends null ? never : K;
}[OperationKind];
export type WorkflowType = OperationTable[OperationKind]['workflow'];

export const rowOf = (kind: OperationKind): OperationRow => OPERATIONS[kind];

export const isStatusOperation = (kind: OperationKind): kind is StatusOperationKind => rowOf(kind).goals.length > 0;

/** Whether nothing of the tenant is to be left. */
export const isDeletion = (kind: OperationKind): boolean => rowOf(kind).goals.some((goal) => goal === 'gone');

/** Whether an operation applies the blueprint, where there is one. */
export const appliesBlueprint = (kind: OperationKind): boolean => rowOf(kind).forward.some((verb) => verb === 'apply');

/** The step in the master database by which an operation that leads there is done. */
export function settlingStepOf(kind: OperationKind, goal: OperationGoal): RecordStepName {
  const row = rowOf(kind);
  return (row.touches === 'every-backend' ? row.settledBy : undefined) ?? SETTLING_STEPS[goal];
}

/** An operation in words: `soft delete`. */
export const operationTitle = (kind: OperationKind): string => kind.replaceAll('_', ' ');

/** Whether an operation from this status to this goal has something to do at the backends. */
export function touchesBackends(kind: OperationKind, from: TenantStatus, goal: OperationGoal): boolean {
  const { touches, changesAccess } = rowOf(kind);
  if (touches === 'records') return false;
  if (changesAccess === 'takes') return from === 'active';
  return changesAccess === 'gives' ? goal === 'active' : true;
}

/**
 * Whether an operation that is parked at this step can still be rolled back as a whole: then an abort is taken, and no
 * skip. Where it can't, it is the other way round.
 */
export function canRollBackAt(kind: OperationKind, step: string): boolean {
  const { forward, undo } = rowOf(kind);
  return undo !== null && forward.some((verb) => step.endsWith(`.${verb}`));
}
