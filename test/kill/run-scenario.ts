import type { VaultSettings } from '@freeflow/lib/vault';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { fill } from '../support/fingerprint';
import { poolIsReady } from '../support/pool';
import { pooled } from '../support/pooled';
import { EXAMPLE_BLUEPRINT, IS_LONG } from '../support/sample';
import { createTenant } from '../support/tenants';
import { until } from '../support/until';
import { fingerprintOf, ask, ends, prepare } from './operations';
import { Orders } from './orders';
import type { Point, Scenario } from './points';
import { look, type Verdict } from './verdict';
import { askWhileHeld, undoAll, type Victim } from './victims';

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

/** What the workers are told besides, how tests read their secrets, and a last look. */
interface RunOptions {
  env?: Record<string, string>;
  vault?: VaultSettings;
  onEnd?: (installation: FaultInjectedInstallation) => Promise<void>;
}

/**
 * Kills one worker at all points of some scenarios, each in the operation of a tenant of its own, lets an ordinary
 * worker finish, and looks at what there is. One that is undone is alone.
 */
export async function runScenarios(
  scenarios: readonly Scenario[],
  { env = {}, vault, onEnd = async () => undefined }: RunOptions = {},
): Promise<ReadonlyMap<string, ScenarioRun>> {
  const startedAt = Date.now();
  const opened = await openFaultInjectedInstallation(false, {}, vault);
  const installation = {
    ...opened,
    startWorker: (more: Record<string, string> = {}, script?: string) =>
      opened.startWorker({ ...EXAMPLE_BLUEPRINT, ...env, ...more }, script),
  };
  try {
    const runs = await inInstallation(installation, scenarios);
    await onEnd(installation);
    for (const [name, { outcomes }] of runs)
      process.stdout.write(
        `${name}: ${outcomes.filter((it) => it.isReached).length} of ${outcomes.length} points in ${Math.round((Date.now() - startedAt) / 1000)} s\n`,
      );
    return runs;
  } finally {
    await installation.close();
  }
}

async function inInstallation(
  installation: FaultInjectedInstallation,
  scenarios: readonly Scenario[],
): Promise<ReadonlyMap<string, ScenarioRun>> {
  const orders = new Orders(installation.logDir);
  const isUndone = scenarios.some((it) => it.isUndone);
  // Those that stay at a point at Keycloak mustn't keep the others from theirs. Before it has orders it works as any
  // other.
  const startKiller = () =>
    installation.startWorker(
      {
        KEYCLOAK_CONCURRENCY: '8',
        KILL_FOLDER: installation.logDir,
        ...(isUndone ? { STEP_PATIENCE_MS: '500' } : {}),
      },
      KILLER,
    );
  const preparer = await (isUndone ? installation.startWorker() : startKiller());
  const neighbour = await createTenant(installation, newName('n'));
  await fill(installation.info, neighbour.name);
  const neighbourBefore = await fingerprintOf(installation, neighbour.name);
  const points = scenarios.flatMap((scenario) => scenario.points.map((point) => ({ scenario, point })));
  const prepared = await pooled(4, points, async (it) => ({
    ...it,
    subject: await prepare(installation, it.scenario),
  }));
  await poolIsReady(installation);

  const [killed, victims] = isUndone
    ? await undoAll(installation, prepared, orders, async () => {
        await preparer.stop();
        return startKiller();
      })
    : [preparer, await askWhileHeld(installation, prepared, orders, preparer)];
  // Some are never reached? Those that are say something all the same.
  await until(
    'the worker has killed itself',
    async () => killed.process.signalCode === 'SIGKILL',
    REACHED_WITHIN_MS,
  ).catch(() => killed.stop('SIGKILL'));

  const startedAt = Date.now();
  await installation.startWorker();
  const outcomes = await pooled(victims.length, victims, async (it) => outcomeOf(installation, it, orders, startedAt));
  const isNeighbourUntouched = (await fingerprintOf(installation, neighbour.name)) === neighbourBefore;
  const left = victims.map((it) => it.subject).filter((_, at) => outcomes[at]?.verdict?.tenant !== 'gone');
  // In the short form they stay: absence is proved when the lost calls have no effect any more, at Keycloak a minute
  // later (activities/zombie).
  if (IS_LONG)
    await pooled(4, [neighbour, ...left], async (it) =>
      ends(installation, 'hard_delete', await ask(installation, 'hard_delete', it), ENDED_WITHIN_MS),
    );
  return new Map(
    scenarios.map((scenario) => [
      scenario.name,
      { outcomes: outcomes.filter((_, at) => victims[at]?.scenario === scenario), isNeighbourUntouched },
    ]),
  );
}

/** Waits until the operation has ended, and looks. */
async function outcomeOf(
  installation: FaultInjectedInstallation,
  { scenario, point, subject }: Victim,
  orders: Orders,
  startedAt: number,
): Promise<Outcome> {
  const outcome = { ...point, isReached: orders.isReached({ ...point, tenantId: subject.id }) };
  const tenant = await ends(installation, scenario.kind, subject, ENDED_WITHIN_MS).catch(() => undefined);
  const tookMs = Date.now() - startedAt;
  return tenant === undefined
    ? { ...outcome, attempts: [], tookMs }
    : { ...outcome, tookMs, ...(await look(installation, scenario, point, subject, tenant)) };
}
