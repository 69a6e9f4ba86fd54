import { BACKEND_KINDS, BACKEND_VERB_NAMES, backendStepName, RECORD_STEP_NAMES } from '@freeflow/contract';
import { crossProduct } from './row';

/** Where steps are carried out: at a backend, or in the master database alone. */
export const STEP_PLACES = [...BACKEND_KINDS, 'master'] as const;
type StepPlace = (typeof STEP_PLACES)[number];

/** A step at a backend by its verb, one in the master database by its name. */
export const STEP_WORDS = [...BACKEND_VERB_NAMES, ...RECORD_STEP_NAMES] as const;

/** How an attempt of a step ends. */
export const ATTEMPT_OUTCOMES = ['success', 'failure', 'cancelled'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

export interface StepLabels {
  backend: StepPlace;
  step: (typeof STEP_WORDS)[number];
}

const ALL_STEPS: ReadonlyMap<string, StepLabels> = new Map<string, StepLabels>([
  ...BACKEND_KINDS.flatMap((backend) =>
    BACKEND_VERB_NAMES.map((step) => [backendStepName(backend, step), { backend, step }] as const),
  ),
  ...RECORD_STEP_NAMES.map((step) => [step, { backend: 'master', step }] as const),
]);

/** The labels of a step of that name; undefined where there is none. */
export const stepLabelsOf = (name: string): StepLabels | undefined => ALL_STEPS.get(name);

/** The names of all steps that can be parked or measured. */
export const STEP_NAMES: readonly string[] = [...ALL_STEPS.keys()];

/** Each step with each way an attempt of it can end. */
export const STEP_OUTCOMES = [...ALL_STEPS.values()].flatMap((labels) =>
  crossProduct({ outcome: ATTEMPT_OUTCOMES }).map((outcome) => ({ ...labels, ...outcome })),
);
