import {
  BACKEND_VERBS,
  backendQueueOf,
  BACKENDS,
  backendStepName,
  RECORD_STEPS,
  type BackendKind,
  type BackendVerb,
  type RecordStepName,
} from '@freeflow/contract';
import { proxyActivities, proxyLocalActivities, workflowInfo, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { BackendStepInput } from '../activities/steps';
import type { Step } from './saga-types';

/** A worker that died is noticed after this time; live ones report every second. */
const HEARTBEAT_TIMEOUT = '4 seconds';

// Hiccups are ridden out by server-side retries, some two seconds of them; between single attempts there are the
// workflow's own timers.
const SOME_ATTEMPTS = { maximumAttempts: 4, initialInterval: '250 ms', backoffCoefficient: 2 } as const;
const ONE_ATTEMPT = { maximumAttempts: 1 } as const;

/** A step at one backend; its name is also its activity's. */
export function backendStep(backend: BackendKind, verb: BackendVerb, input: BackendStepInput): Step {
  const { title, resource, startToCloseTimeout } = BACKENDS[backend];
  const name = backendStepName(backend, verb);
  return {
    name,
    run: async (isPatient) => {
      const options: ActivityOptions = {
        startToCloseTimeout,
        heartbeatTimeout: HEARTBEAT_TIMEOUT,
        // The SDK's default gives up waiting at once; an undo could then begin while its own step still works.
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
        retry: isPatient ? SOME_ATTEMPTS : ONE_ATTEMPT,
        summary: `${BACKEND_VERBS[verb].summary} the ${title} ${resource}`,
        taskQueue: backendQueueOf(workflowInfo().taskQueue, backend),
      };
      // Nothing from workers that did one step an activity.
      const alsoDone: readonly string[] | undefined = await proxyActivities<Activities>(options)[name](input);
      return alsoDone ?? [];
    },
  };
}

/**
 * There is nothing to choose: without the master database nothing can go on, so these are repeated until it answers.
 */
const UNTIL_IT_ANSWERS = {
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '250 ms', backoffCoefficient: 2, maximumInterval: '10 seconds' },
} as const;

type RecordActivities = Pick<Activities, RecordStepName>;

/**
 * A step in the master database, a local activity since it is short. Only for what nothing else goes on beside: the
 * answer of a local activity that outlasts its workflow task comes together with what came before it when the history
 * is replayed, and what goes on beside it would then be recorded in another order.
 */
const recordAlone = <S extends RecordStepName>(step: S) =>
  proxyLocalActivities<RecordActivities>({ ...UNTIL_IT_ANSWERS, summary: RECORD_STEPS[step].summary })[step];

/** The same while other steps go on, or answers are heard. */
const recordBeside = <S extends RecordStepName>(step: S) =>
  proxyActivities<RecordActivities>({ ...UNTIL_IT_ANSWERS, summary: RECORD_STEPS[step].summary })[step];

/** The steps in the master database, by name. */
export const record = {
  begin: recordAlone('begin'),
  'continue-operation': recordBeside('continue-operation'),
  activate: recordAlone('activate'),
  suspend: recordAlone('suspend'),
  'mark-soft-deleted': recordAlone('mark-soft-deleted'),
  park: recordBeside('park'),
  unpark: recordBeside('unpark'),
  'start-rollback': recordAlone('start-rollback'),
  'restore-status': recordAlone('restore-status'),
  'mark-gone': recordAlone('mark-gone'),
  'switch-credentials': recordAlone('switch-credentials'),
  'end-rotation': recordAlone('end-rotation'),
  'begin-adoption': recordAlone('begin-adoption'),
  'end-adoption': recordAlone('end-adoption'),
} satisfies Record<RecordStepName, unknown>;
