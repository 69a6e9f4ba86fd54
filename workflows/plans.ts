import type { OperationGoal } from '@freeflow/contract';
import type { OperationKind } from '@freeflow/contract';
import type { SettlingStep, Verb } from './steps';

/** What has a plan; an adoption changes nothing outside the records and has a runbook of its own. */
export type PlannedKind = Exclude<OperationKind, 'adopt'>;

/** What an operation does, as data: carried out by the runbooks, and read by whoever wants to know all steps there are. */
export interface Plan {
  /** Done at every backend, one after the other. */
  forward: readonly Verb[];
  /** The last step, in the master database, by what the operation leads to. */
  finish: Readonly<Partial<Record<OperationGoal, SettlingStep | 'mark-gone'>>>;
}

/** One that leaves everything as it was when it is given up. */
export interface UndoablePlan extends Plan {
  finish: Readonly<Partial<Record<OperationGoal, SettlingStep>>>;
  undo: Verb;
  afterUndo: 'restore-status' | 'mark-gone';
}

const CUT = { forward: ['disable'], undo: 'enable', afterUndo: 'restore-status' } as const;
const GIVE = { forward: ['enable'], undo: 'disable', afterUndo: 'restore-status' } as const;
const REMOVE = { forward: ['drop'], finish: { gone: 'mark-gone' } } as const;

export const PLANS = {
  create: { forward: ['create', 'probe'], finish: { active: 'activate' }, undo: 'drop', afterUndo: 'mark-gone' },
  suspend: { ...CUT, finish: { suspended: 'suspend' } },
  soft_delete: { ...CUT, finish: { deleted: 'mark-soft-deleted' } },
  resume: { ...GIVE, finish: { active: 'activate' } },
  restore: { ...GIVE, finish: { active: 'activate', suspended: 'suspend' } },
  hard_delete: REMOVE,
  purge: REMOVE,
} as const satisfies Record<PlannedKind, Plan | UndoablePlan>;
