import {
  BACKEND_KINDS,
  backendStepName,
  isStatusOperation,
  OPERATION_KINDS,
  operationTitle,
  rowOf,
  settlingStepOf,
  touchesBackends,
  type BackendVerb,
  type OperationGoal,
  type StatusOperationKind,
  type TenantStatus,
} from '@freeflow/contract';

/** Before the request of a side effect leaves the worker, or when its server has confirmed it and nobody knows yet. */
const MOMENTS = ['before', 'after'] as const;

/** Where a worker is killed. */
export interface Point {
  step: string;
  moment: (typeof MOMENTS)[number];
}

/** An operation in one direction, with all points there are in it. */
export interface Scenario {
  name: string;
  kind: StatusOperationKind;
  /** Whether it is given up on its way, and so undone. */
  isUndone: boolean;
  /** What the tenant is once it has ended. */
  goal: OperationGoal;
  points: Point[];
}

/** What a tenant is before each operation. */
export const BEFORE: Readonly<Record<StatusOperationKind, Exclude<TenantStatus, 'deleting'>>> = {
  create: 'provisioning',
  suspend: 'active',
  soft_delete: 'active',
  resume: 'suspended',
  restore: 'deleted',
  hard_delete: 'active',
  purge: 'deleted',
  change_plan: 'active',
  upgrade: 'active',
  rotate: 'active',
  retire: 'active',
};

const onBackends = (verbs: readonly BackendVerb[]) =>
  verbs.flatMap((verb) => BACKEND_KINDS.map((backend) => backendStepName(backend, verb)));
const atBothMoments = (steps: readonly string[]): Point[] =>
  steps.flatMap((step) => MOMENTS.map((moment) => ({ step, moment })));
function scenariosOf(kind: StatusOperationKind): Scenario[] {
  const row = rowOf(kind);
  const { goals, forward, undo } = row;
  const after = row.touches === 'every-backend' ? row.after : undefined;
  const before = BEFORE[kind];
  const name = operationTitle(kind);
  // What may stay what it is does so.
  const reached = goals.filter((it) => it === before || !goals.some((goal) => goal === before));
  const onward = reached.map((goal): Scenario => {
    const isAtBackends = touchesBackends(kind, before, goal);
    return {
      name: isAtBackends ? name : `${name}, to ${goal}`,
      kind,
      isUndone: false,
      goal,
      points: atBothMoments([
        'begin',
        ...(isAtBackends ? onBackends(forward) : []),
        settlingStepOf(kind, goal),
        ...(after === undefined ? [] : [...onBackends([after.verb]), after.then]),
      ]),
    };
  });
  if (undo === null) return onward;
  const undone: Scenario = {
    name: `${name}, undone`,
    kind,
    isUndone: true,
    goal: before === 'provisioning' ? 'gone' : before,
    points: atBothMoments(['start-rollback', ...(undo.verb === null ? [] : onBackends([undo.verb])), undo.then]),
  };
  return [...onward, undone];
}

/** Every point of every operation and of every undo, from the table by which the workflows themselves work. */
export const SCENARIOS: readonly Scenario[] = OPERATION_KINDS.filter(isStatusOperation).flatMap(scenariosOf);
