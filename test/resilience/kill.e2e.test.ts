import { killedSection, missingOn, replacePart } from '../kill/page';
import { SCENARIOS, type Point, type Scenario } from '../kill/points';
import { runScenarios, type ScenarioRun } from '../kill/run-scenario';
import { mustBe } from '../kill/verdict';
import { changeSection, readPage, writeSection } from '../support/faults-page';
import { gateFor } from '../support/pooled';

// FAULTS=all runs every point there is and writes docs/reports/faults.md (npm run test:faults); FAULTS='suspend,
// undone' that scenario alone, and its part of the page. Without it those of SHORT_FORM: always the same, for a change
// is not to be judged by the day.
const { FAULTS, FAULTS_TIMES = '1' } = process.env;
const TIMES = Number(FAULTS_TIMES);
const INSTALLATIONS = 3;
const TIMEOUT_MS = 40 * 60_000;

function chooseScenarios(): readonly Scenario[] {
  if (FAULTS === 'all') return SCENARIOS;
  if (FAULTS !== undefined) return SCENARIOS.filter((it) => it.name === FAULTS);
  return Object.entries(SHORT_FORM).map(([name, points]) => {
    const scenario = SCENARIOS.find((it) => it.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
    const chosen = scenario.points.filter((it) => points.includes(textOf(it)));
    if (chosen.length !== points.length) throw new Error(`${name} has other points than ${points.join(', ')}`);
    return { ...scenario, points: chosen };
  });
}

const textOf = ({ step, moment }: Point): string => `${moment} ${step}`;

/**
 * Each step of a create and of a hard delete once, mostly after the effect, of which nobody knows; a drop at Keycloak
 * takes a minute to settle.
 */
const SHORT_FORM: Readonly<Record<string, readonly string[]>> = {
  create: [
    'before begin',
    'after postgres.create',
    'before mongodb.create',
    'after qdrant.create',
    'after keycloak.create',
    'after activate',
  ],
  'hard delete': ['after begin', 'after postgres.drop', 'before qdrant.drop', 'after mongodb.drop', 'before mark-gone'],
};

const scenarios = chooseScenarios();
const runs = new Map<string, Promise<ScenarioRun[]>>();
const runsOf = ({ name }: Scenario): Promise<ScenarioRun[]> =>
  runs.get(name) ?? Promise.reject(new Error(`${name} wasn't run`));

beforeAll(() => {
  const gate = gateFor(INSTALLATIONS);
  // In the short form one death hits them all.
  const groups = FAULTS === undefined ? [scenarios] : scenarios.map((it) => [it]);
  for (const group of groups) {
    const all = Promise.all(Array.from({ length: TIMES }, () => gate(() => runScenarios(group))));
    for (const { name } of group) {
      const own = all.then((its) => its.flatMap((it) => it.get(name) ?? []));
      // A later await still gets the error all the same.
      own.catch(() => undefined);
      runs.set(name, own);
    }
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
    else if (FAULTS !== undefined)
      for (const it of scenarios) {
        const seen = await runsOf(it);
        changeSection('Killed workers', (body, measured) => replacePart(body, measured, it, seen));
      }
    expect(missingOn(readPage(), SCENARIOS)).toEqual([]);
  },
  TIMEOUT_MS,
);
