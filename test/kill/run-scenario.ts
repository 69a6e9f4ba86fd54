import { BACKEND_KINDS, OPERATIONS } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { fill } from '../support/fingerprint';
import { poolIsReady } from '../support/pool';
import { pooled } from '../support/pooled';
import { createTenant, logOf, parkedStepsOf } from '../support/tenants';
import { until } from '../support/until';
import { fingerprintOf, ask, ends, prepare, type Subject } from './operations';
import { Orders } from './orders';
import type { Point, Scenario } from './points';
import { look, type Verdict } from './verdict';

const KILLER = 'test/kill/killing-worker.js';
const REACHED_WITHIN_MS = 180_000;
/** Keycloak's unanswered calls count for a minute; the rest is for a busy machine. */
const ENDED_WITHIN_MS = 300_000;

/** What came of one point. */
interface Outcome extends Point {
  isReached: boolean;
  /** Absent when the operation didn't end in time. */
  verdict?: Verdict;
  /** How each attempt of the step ended. */
  attempts: string[];
  /** From the start of the next worker until the operation had ended. */
  tookMs: number;
}

export interface ScenarioRun {
  outcomes: Outcome[];
  isNeighbourUntouched: boolean;
}

/**
 * Kills one worker at all points of a scenario, each in the operation of a tenant of its own, lets an ordinary worker
 * finish, and looks at what there is.
 */
export async function runScenario(scenario: Scenario): Promise<ScenarioRun> {
  const startedAt = Date.now();
  const installation = await openFaultInjectedInstallation(false);
  try {
    const run = await inInstallation(installation, scenario);
    process.stdout.write(
      `${scenario.name}: ${run.outcomes.filter((it) => it.isReached).length} of ${scenario.points.length} points in ${Math.round((Date.now() - startedAt) / 1000)} s\n`,
    );
    return run;
  } finally {
    await installation.close();
  }
}

async function inInstallation(installation: FaultInjectedInstallation, scenario: Scenario): Promise<ScenarioRun> {
  const { kind, points, isUndone } = scenario;
  const orders = new Orders(installation.logDir);
  const preparer = await installation.startWorker();
  const neighbour = await createTenant(installation, newName('n'));
  await fill(installation.info, neighbour.name);
  const neighbourBefore = await fingerprintOf(installation, neighbour.name);
  let subjects = await pooled(4, points, () => prepare(installation, scenario));
  await poolIsReady(installation);
  await preparer.stop();

  const askAll = async (of: readonly Subject[]) => pooled(5, of, (it) => ask(installation, kind, it));
  const orderAll = () => orders.give(points.map((point, at) => ({ ...point, tenantId: subjects[at]?.id ?? '' })));
  // Those that stay at a point at Keycloak mustn't keep the others from theirs.
  const killerEnv = {
    KEYCLOAK_CONCURRENCY: '8',
    KILL_FOLDER: installation.logDir,
    ...(isUndone ? { STEP_PATIENCE_MS: '500' } : {}),
  };
  // A tenant to be made has an id once it was requested, and must not begin before the orders are given.
  if (kind === 'create' && !isUndone) subjects = await askAll(subjects);
  if (!isUndone) orderAll();
  const killed = await installation.startWorker(killerEnv, KILLER);
  if (isUndone) {
    subjects = await parkAll(installation, scenario, subjects, askAll);
    orderAll();
    await pooled(5, subjects, ({ id }) => installation.request('POST', `/tenants/${id}/abort`, { reason: 'a test' }));
  } else if (kind !== 'create') {
    await askAll(subjects);
  }
  // Some are never reached? Those that are say something all the same.
  await until(
    'the worker has killed itself',
    async () => killed.process.signalCode === 'SIGKILL',
    REACHED_WITHIN_MS,
  ).catch(() => killed.stop('SIGKILL'));

  const startedAt = Date.now();
  await installation.startWorker();
  const outcomes = await pooled(points.length, [...points.entries()], async ([at, point]): Promise<Outcome> => {
    const subject = subjects[at] as Subject;
    const outcome = { ...point, isReached: orders.isReached({ ...point, tenantId: subject.id }) };
    const tenant = await ends(installation, kind, subject, ENDED_WITHIN_MS).catch(() => undefined);
    const tookMs = Date.now() - startedAt;
    return tenant === undefined
      ? { ...outcome, attempts: [], tookMs }
      : { ...outcome, tookMs, ...(await look(installation, scenario, point, subject, tenant)) };
  });
  const isNeighbourUntouched = (await fingerprintOf(installation, neighbour.name)) === neighbourBefore;
  const left = subjects.filter((_, at) => outcomes[at]?.verdict?.tenant !== 'gone');
  await pooled(4, [neighbour, ...left], async (it) =>
    ends(installation, 'hard_delete', await ask(installation, 'hard_delete', it), ENDED_WITHIN_MS),
  );
  return { outcomes, isNeighbourUntouched };
}

type AskAll = (of: readonly Subject[]) => Promise<Subject[]>;

/** At how many backends the tenant's last operation has done this. */
async function doneBy(installation: FaultInjectedInstallation, id: string, verb: string): Promise<number> {
  const rows = await logOf(installation, id);
  const begun = rows.findLastIndex((it) => it.step === 'begin');
  return rows.slice(begun).filter((it) => it.step.endsWith(`.${verb}`) && it.status === 'success').length;
}

/**
 * Has every tenant parked at one backend, all others being done there: at Qdrant, and at PostgreSQL those that are to
 * die at Qdrant, since an undo is worth a look only where something was done. A parked step tries again after minutes only.
 */
async function parkAll(
  installation: FaultInjectedInstallation,
  { kind, points }: Scenario,
  subjects: readonly Subject[],
  askAll: AskAll,
): Promise<Subject[]> {
  const asked: Subject[] = [];
  const verb = OPERATIONS[kind].forward.at(-1) ?? '';
  const isAtQdrant = (at: number) => points[at]?.step.startsWith('qdrant.') === true;
  for (const shut of ['qdrant', 'postgres'] as const) {
    const places = points.map((_, at) => at).filter((at) => isAtQdrant(at) === (shut === 'postgres'));
    installation.proxies[shut].shut();
    const group = await askAll(places.map((at) => subjects[at] as Subject));
    for (const { id } of group) {
      await until(`${id} is parked`, async () =>
        (await parkedStepsOf(installation, id)).some((it) => it.startsWith(`${shut}.`)),
      );
      await until(
        `${id} is done everywhere else`,
        async () => (await doneBy(installation, id, verb)) === BACKEND_KINDS.length - 1,
      );
    }
    installation.proxies[shut].open();
    for (const [n, at] of places.entries()) asked[at] = group[n] as Subject;
  }
  return asked;
}
