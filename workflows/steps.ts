import { type BackendKind, backendQueueOf, type OperationInput } from '@freeflow/contract';
import {
  patched,
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { Step } from './saga';

interface BackendRow {
  kind: BackendKind;
  /** What the tenant gets there, in the words of the Temporal UI. */
  thing: string;
  /** Longer than all client deadlines of one attempt together, so that the client always ends first. */
  startToCloseTimeout: '3 minutes' | '8 minutes';
}

/** The backends, side by side in every runbook. */
export const BACKENDS: readonly BackendRow[] = [
  { kind: 'postgres', thing: 'PostgreSQL database', startToCloseTimeout: '3 minutes' },
  { kind: 'mongodb', thing: 'MongoDB database', startToCloseTimeout: '3 minutes' },
  { kind: 'qdrant', thing: 'Qdrant collection', startToCloseTimeout: '3 minutes' },
  { kind: 'keycloak', thing: 'Keycloak realm', startToCloseTimeout: '8 minutes' },
];

const VERBS = {
  create: 'make',
  probe: 'try out',
  disable: 'cut off',
  enable: 'give back',
  drop: 'drop',
  adopt: 'adopt',
} as const;
export type Verb = keyof typeof VERBS;

/** A worker that died is noticed after this time; live ones report every second. */
const HEARTBEAT_TIMEOUT = '5 seconds';

// Hiccups are ridden out by server-side retries, some two seconds of them; between single attempts there are the workflow's own timers.
const RIDING_OUT = { maximumAttempts: 4, initialInterval: '250 ms', backoffCoefficient: 2 } as const;
const ONE_ATTEMPT = { maximumAttempts: 1 } as const;

/** One step of a runbook at one backend; its name is also its activity's. */
export function backendStep(backend: BackendRow, verb: Verb, input: OperationInput & { isForward?: true }): Step {
  const { kind, thing, startToCloseTimeout } = backend;
  const name = `${kind}.${verb}` as const;
  return {
    name,
    run: (ridesOut) => {
      const options: ActivityOptions = {
        startToCloseTimeout,
        heartbeatTimeout: HEARTBEAT_TIMEOUT,
        // The SDK's default gives up waiting at once; an undo could then begin while its own step still works.
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
        retry: ridesOut ? RIDING_OUT : ONE_ATTEMPT,
        summary: `${VERBS[verb]} the ${thing}`,
        taskQueue: backendQueueOf(workflowInfo().taskQueue, kind),
      };
      return proxyActivities<Activities>(options)[name](input);
    },
  };
}

/** The steps in the master database by which a tenant has reached a status. */
export type SettlingStep = 'activate' | 'suspend' | 'retire';

/** There is nothing to choose: without the master database nothing can go on, so these are repeated until it answers. */
const UNTIL_IT_ANSWERS = {
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '250 ms', backoffCoefficient: 2, maximumInterval: '10 seconds' },
} as const;

/**
 * A step in the master database, a local activity since it is short. Only for what nothing else goes on beside: the answer of a
 * local activity that outlasts its workflow task comes together with what came before it when the history is replayed, and what
 * goes on beside it would then be told in another order.
 * @param summary what it does, in the words of the Temporal UI
 */
const recordStep = <S extends keyof Activities>(step: S, summary: string) =>
  proxyLocalActivities<Pick<Activities, S>>({ ...UNTIL_IT_ANSWERS, summary })[step];

type Beside = 'park' | 'unpark';

/** The same while other steps go on. */
function recordBeside<S extends Beside>(step: S, summary: string) {
  type Recording = (input: Parameters<Activities[S]>[0]) => Promise<void>;
  const options = { ...UNTIL_IT_ANSWERS, summary };
  const activity = proxyActivities<Pick<Activities, Beside>>(options)[step] as Recording;
  const localActivity = proxyLocalActivities<Pick<Activities, Beside>>(options)[step] as Recording;
  // Runs that began before this was told apart may be open still.
  return (input: Parameters<Activities[S]>[0]) => (patched('recorded-beside-others') ? activity : localActivity)(input);
}

export const record = {
  begin: recordStep('begin', 'look whether it may begin'),
  // Answers are heard meanwhile: what comes first must come first when it is replayed.
  continueOperation: proxyActivities<Pick<Activities, 'continueOperation'>>({
    ...UNTIL_IT_ANSWERS,
    summary: 'this run goes on with it',
  }).continueOperation,
  activate: recordStep('activate', 'the tenant is active'),
  suspend: recordStep('suspend', 'the tenant is suspended'),
  retire: recordStep('retire', 'the tenant is soft-deleted'),
  park: recordBeside('park', 'write down what waits for an answer'),
  unpark: recordBeside('unpark', 'nothing waits for an answer any more'),
  undoing: recordStep('undoing', 'write down that all of it is undone, and why'),
  revert: recordStep('revert', 'the tenant is as it was before'),
  close: recordStep('close', 'nothing of the tenant is left'),
  beginAdoption: recordStep('beginAdoption', 'look whether it may be adopted'),
  endAdoption: recordStep('endAdoption', 'write down what was adopted'),
};
