import { BACKEND_VERB_NAMES, type BackendVerb } from './backend-verbs';
import { BACKEND_KINDS, type BackendKind } from './backends';
import type { OperationGoal } from './states';

interface RecordStepRow {
  /** What it does, for the Temporal UI. */
  readonly summary: string;
  /** What it means, for on-call. */
  readonly meaning: string;
}

/** The steps that touch the master database alone; each is one transaction, and its name is also its activity's. */
export const RECORD_STEPS = {
  begin: {
    summary: 'check that the operation may begin',
    meaning: 'Locks the tenant, checks its status again and takes the operation over for this run.',
  },
  'continue-operation': {
    summary: 'take over from the previous run',
    meaning: 'A new run goes on with the operation, since the history of the run before had become long.',
  },
  activate: { summary: 'mark the tenant active', meaning: 'Sets the status to active and ends the operation.' },
  suspend: { summary: 'mark the tenant suspended', meaning: 'Sets the status to suspended and ends the operation.' },
  'mark-soft-deleted': {
    summary: 'mark the tenant soft-deleted',
    meaning: 'Sets the status to deleted and the time of the purge, and ends the operation.',
  },
  'mark-gone': {
    summary: 'mark the tenant gone',
    meaning: 'Checks that the ledger has nothing left, destroys the secrets, frees the name and ends the operation.',
  },
  'start-rollback': {
    summary: 'record that the operation is rolled back, and why',
    meaning: 'From here on the operation can only be undone; a step forward of an older attempt does nothing any more.',
  },
  'restore-status': {
    summary: 'end the rolled-back operation',
    meaning: 'Ends the operation as rolled back: the tenant is as it was before.',
  },
  park: {
    summary: 'record which steps are parked',
    meaning: 'Steps have failed for too long or for good: they wait for retry, abort or skip.',
  },
  unpark: { summary: 'record that no step is parked', meaning: 'No step waits for an answer any more.' },
  'begin-adoption': {
    summary: 'check that the adoption may begin',
    meaning: 'Takes the adoption over for this run, unless the tenant is gone.',
  },
  'switch-credentials': {
    summary: 'hand out the new credentials',
    meaning: 'Records the new credentials as those of the tenant, and until when the ones before stay valid.',
  },
  'end-rotation': {
    summary: 'record that the old credentials are ended',
    meaning: 'The credentials before are ended and were seen refused: ends the operation.',
  },
  'end-adoption': { summary: 'end the adoption', meaning: 'Ends the adoption as done or as refused.' },
} as const satisfies Record<string, RecordStepRow>;

export type RecordStepName = keyof typeof RECORD_STEPS;
export type BackendStepName = `${BackendKind}.${BackendVerb}`;
/** As the provision log, TenantOperation.step and the activities have it. */
export type StepName = BackendStepName | RecordStepName;

export const RECORD_STEP_NAMES = Object.keys(RECORD_STEPS) as [RecordStepName, ...RecordStepName[]];

export const backendStepName = <K extends BackendKind, V extends BackendVerb>(backend: K, verb: V): `${K}.${V}` =>
  `${backend}.${verb}`;

export const BACKEND_STEP_NAMES: readonly BackendStepName[] = BACKEND_KINDS.flatMap((backend) =>
  BACKEND_VERB_NAMES.map((verb) => backendStepName(backend, verb)),
);

/** The last step of an operation that succeeds, by where it leads. */
export const SETTLING_STEPS = {
  active: 'activate',
  suspended: 'suspend',
  deleted: 'mark-soft-deleted',
  gone: 'mark-gone',
} as const satisfies Record<OperationGoal, RecordStepName>;

/**
 * What every step and every cause means, for people; its anchors are the names of the steps with a dash for the dot.
 */
export const RUNBOOK = 'docs/runbook.md';

export const runbookAnchor = (step: string): string => `${RUNBOOK}#${step.replace('.', '-')}`;
