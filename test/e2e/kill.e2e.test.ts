import { killedSection, missingOn } from '../kill/page';
import { MOMENTS, SCENARIOS, type Scenario } from '../kill/points';
import { runScenario, type ScenarioRun } from '../kill/run-scenario';
import { mustBe } from '../kill/verdict';
import { readPage, writeSection } from '../support/faults-page';
import { gateFor } from '../support/pooled';

// FAULTS=all runs every point there is and writes docs/reports/faults.md (npm run test:faults); FAULTS='suspend, undone' that scenario
// alone. Without it: every create step, and one moment of one of the other operations, another one each day.
const { FAULTS, FAULTS_TIMES = '1' } = process.env;
const TIMES = Number(FAULTS_TIMES);
const INSTALLATIONS = 3;
const TIMEOUT_MS = 40 * 60_000;

function chooseScenarios(): readonly Scenario[] {
  if (FAULTS === 'all') return SCENARIOS;
  if (FAULTS !== undefined) return SCENARIOS.filter((it) => it.name === FAULTS);
  const [create, ...others] = SCENARIOS.map((it) => ({ ...it, points: it.points.filter(isQuick) }));
  const halves = others.flatMap((it) =>
    MOMENTS.map((moment) => ({ ...it, points: it.points.filter((point) => point.moment === moment) })),
  );
  const today = halves[Math.floor(Date.now() / 86_400_000) % halves.length];
  return [create, today].filter((it) => it !== undefined);
}

/** A kill at Keycloak's other steps takes a minute to settle; a probe changes nothing. */
const isQuick = ({ step }: { step: string }): boolean =>
  step === 'keycloak.create' || (!step.startsWith('keycloak.') && !step.endsWith('.probe'));

const scenarios = chooseScenarios();
const runs = new Map<string, Promise<ScenarioRun[]>>();
const runsOf = ({ name }: Scenario): Promise<ScenarioRun[]> =>
  runs.get(name) ?? Promise.reject(new Error(`${name} wasn't run`));

beforeAll(() => {
  const gate = gateFor(INSTALLATIONS);
  for (const scenario of scenarios) {
    const all = Promise.all(Array.from({ length: TIMES }, () => gate(() => runScenario(scenario))));
    // A later await still gets the error all the same.
    all.catch(() => undefined);
    runs.set(scenario.name, all);
  }
});

describe.each(scenarios)('$name', (scenario) => {
  test.each(scenario.points)(
    'a worker killed $moment $step: the next one brings it to its end',
    async ({ step, moment }) => {
      const outcomes = (await runsOf(scenario)).flatMap((run) =>
        run.outcomes.filter((it) => it.step === step && it.moment === moment),
      );
      const expected = { isReached: true, verdict: mustBe(scenario) };
      expect(outcomes.map(({ isReached, verdict }) => ({ isReached, verdict }))).toEqual(Array(TIMES).fill(expected));
    },
    TIMEOUT_MS,
  );

  test(
    'a neighbour is untouched',
    async () => {
      expect((await runsOf(scenario)).every((it) => it.isNeighbourUntouched)).toBe(true);
    },
    TIMEOUT_MS,
  );
});

test(
  'docs/reports/faults.md tells of every point there is',
  async () => {
    if (FAULTS === 'all')
      writeSection(
        'Killed workers',
        killedSection(await Promise.all(SCENARIOS.map(async (it) => [it, await runsOf(it)] as const))),
      );
    expect(missingOn(readPage(), SCENARIOS)).toEqual([]);
  },
  TIMEOUT_MS,
);
