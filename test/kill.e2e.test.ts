import { gateFor } from './pooled';
import { SCENARIOS, type Scenario } from './kill/points';
import { runScenario, type ScenarioRun } from './kill/run-scenario';
import { mustBe } from './kill/verdict';

const HOUSES = 3;
const FAULTS = process.env['FAULTS'] ?? '';
const RUN_TIMEOUT_MS = 20 * 60_000;

const chosen: readonly Scenario[] = FAULTS === 'all' ? SCENARIOS : SCENARIOS.filter(({ name }) => name === FAULTS);

const runs = new Map<string, Promise<ScenarioRun>>();
beforeAll(() => {
  const gate = gateFor(HOUSES);
  for (const scenario of chosen) {
    const run = gate(() => runScenario(scenario));
    run.catch(() => undefined);
    runs.set(scenario.name, run);
  }
});

describe.each(chosen)('$name', (scenario) => {
  const run = () => runs.get(scenario.name) as Promise<ScenarioRun>;

  test.each(scenario.points)('killed $moment $step', async ({ step, moment }) => {
    const outcome = (await run()).outcomes.find((it) => it.step === step && it.moment === moment);
    process.stderr.write(JSON.stringify(outcome)+'\n');
    expect(outcome).toMatchObject({ isReached: true, verdict: mustBe(scenario) });
  }, RUN_TIMEOUT_MS);

  test('a neighbour is untouched', async () => {
    expect((await run()).isNeighbourUntouched).toBe(true);
  }, RUN_TIMEOUT_MS);
});
