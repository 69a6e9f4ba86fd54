import { SCENARIOS, type Scenario } from '../kill/points';
import { runScenarios, type ScenarioRun } from '../kill/run-scenario';
import { mustBe } from '../kill/verdict';
import { pathsIn, startVault, type OwnVault } from '../support/own-vault';

// A worker with a vault, killed where a secret is in one of the two places only: written to the vault and recorded
// nowhere else, or about to be destroyed there. All other points are those of kill.e2e, whatever the store.
const POINTS: Readonly<Record<string, readonly string[]>> = {
  create: ['before postgres.create', 'before keycloak.create', 'after activate'],
  'hard delete': ['before mark-gone', 'after mark-gone'],
};

const scenarios = Object.entries(POINTS).map(([name, points]): Scenario => {
  const scenario = SCENARIOS.find((it) => it.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return { ...scenario, points: scenario.points.filter((it) => points.includes(`${it.moment} ${it.step}`)) };
});

let vault: OwnVault;
let runs: ReadonlyMap<string, ScenarioRun>;
/** At the end, what the vault has, and what the master database knows of. */
let ends: { inVault: string[]; known: string[] };

beforeAll(async () => {
  vault = await startVault();
  runs = await runScenarios(scenarios, {
    env: vault.env,
    vault: vault.settingsOf(vault.reader),
    onEnd: async ({ master }) => {
      const { rows } = await master.query<{ vaultRef: string }>('SELECT "vaultRef" FROM "TenantSecret"');
      const inVault = (await pathsIn(vault)).map((it) => `vault://secret/${it}?v=1`);
      ends = { inVault: inVault.toSorted(), known: rows.map((it) => it.vaultRef).toSorted() };
    },
  });
}, 300_000);
afterAll(() => vault.stop());

test.each(
  scenarios.flatMap((scenario) => scenario.points.map((point) => ({ ...point, scenario, name: scenario.name }))),
)('$name: a worker killed $moment $step: the next one brings it to its end', ({ step, moment, scenario }) => {
  const outcome = runs.get(scenario.name)?.outcomes.find((it) => it.step === step && it.moment === moment);
  expect(outcome).toMatchObject({ isReached: true, verdict: mustBe(scenario) });
});

test('the vault has what is known of, and nothing else: no secret is lost, and none is left behind', () => {
  expect(ends.known.length).toBeGreaterThan(0);
  expect(ends.inVault).toEqual(ends.known);
});
