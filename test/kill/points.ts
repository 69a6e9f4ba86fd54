import type { OperationGoal } from '@freeflow/contract';
import { PLANS, type Plan, type PlannedKind, type UndoablePlan } from '../../workflows/plans';
import { BACKENDS } from '../../workflows/steps';

/** Before the request of a side effect leaves the worker, or when its server has confirmed it and nobody knows yet. */
export const MOMENTS = ['before', 'after'] as const;

/** Where a worker is killed. */
export interface Point {
  step: string;
  moment: (typeof MOMENTS)[number];
}

/** An operation in one direction, with all points there are in it. */
export interface Scenario {
  name: string;
  kind: PlannedKind;
  /** Whether it is given up on its way, and so undone. */
  isUndone: boolean;
  /** What the tenant is once it has ended. */
  goal: OperationGoal;
  points: Point[];
}

/** What a tenant is before each operation. */
export const BEFORE: Readonly<Record<PlannedKind, OperationGoal | 'provisioning'>> = {
  create: 'provisioning',
  suspend: 'active',
  soft_delete: 'active',
  resume: 'suspended',
  restore: 'deleted',
  hard_delete: 'active',
  purge: 'deleted',
};

const onBackends = (verbs: readonly string[]) => verbs.flatMap((verb) => BACKENDS.map(({ kind }) => `${kind}.${verb}`));
const atBothMoments = (steps: readonly string[]): Point[] =>
  steps.flatMap((step) => MOMENTS.map((moment) => ({ step, moment })));
const isUndoable = (plan: Plan): plan is UndoablePlan => 'undo' in plan;

function scenariosOf(kind: PlannedKind, plan: Plan | UndoablePlan): Scenario[] {
  const before = BEFORE[kind];
  const name = kind.replace('_', ' ');
  const forward = Object.entries(plan.finish).map(([goal, finish]): Scenario => {
    const changesAccess = !isUndoable(plan) || (before === 'active') !== (goal === 'active');
    return {
      name: changesAccess ? name : `${name}, to ${goal}`,
      kind,
      isUndone: false,
      goal: goal as OperationGoal,
      points: atBothMoments(['begin', ...(changesAccess ? onBackends(plan.forward) : []), finish]),
    };
  });
  if (!isUndoable(plan)) return forward;
  const goal = before === 'provisioning' ? 'gone' : before;
  return [
    ...forward,
    {
      name: `${name}, undone`,
      kind,
      isUndone: true,
      goal,
      points: atBothMoments(['start-rollback', ...onBackends([plan.undo]), plan.afterUndo]),
    },
  ];
}

/** Every point of every operation and of every undo, from the plans the workflows themselves carry out. */
export const SCENARIOS: readonly Scenario[] = Object.entries(PLANS).flatMap(([kind, plan]) =>
  scenariosOf(kind as PlannedKind, plan),
);
