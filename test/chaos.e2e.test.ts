import { chaosSection } from './chaos/page';
import { describe as inWords, FAULTS, OPERATIONS, planOf } from './chaos/plan';
import { runRound, type Round } from './chaos/run-round';
import { openWorld, type World } from './chaos/world';
import { writeSection } from './faults-page';

// CHAOS=all meets every fault with every operation (npm run test:chaos). The same CHAOS_SEED and CHAOS_TENANTS give the
// same plan; without a seed it is another one each day.
const { CHAOS, CHAOS_SEED, CHAOS_TENANTS } = process.env;
const IS_LONG = CHAOS === 'all';
const SEED = Number(CHAOS_SEED ?? Math.floor(Date.now() / 86_400_000));
const TENANTS = Number(CHAOS_TENANTS ?? (IS_LONG ? FAULTS.length * OPERATIONS.length : 6));
const TIMEOUT_MS = 20 * 60_000;

const rounds = planOf(SEED, TENANTS);
const done: Round[] = [];
let world: World | undefined;
beforeAll(async () => {
  process.stdout.write(`CHAOS_SEED=${SEED} CHAOS_TENANTS=${TENANTS}\n`);
  world = await openWorld();
}, TIMEOUT_MS);
afterAll(async () => {
  await world?.close();
  if (IS_LONG) writeSection('Chaos', chaosSection(SEED, done));
}, TIMEOUT_MS);

test.each(rounds.map((cases, at) => ({ cases, at })))(`round $at of CHAOS_SEED=${SEED} CHAOS_TENANTS=${TENANTS}: every tenant is complete, cut off or absent, as the records say`, async ({ cases }) => {
  if (world === undefined) throw new Error('there is no world');
  const round = await runRound(world, cases);
  done.push(round);
  for (const it of round.outcomes) process.stdout.write(`  ${inWords(it.of)}: ${it.verdict?.tenant ?? it.trouble} after ${Math.round(it.tookMs / 1000)} s; ${it.failures.join(', ') || 'no failure'}\n`);
  const seen = round.outcomes.map(({ of, verdict, trouble }) => ({ of: inWords(of), verdict: verdict ?? trouble }));
  expect({ seen, wrong: round.wrong }).toEqual({ seen: round.outcomes.map(({ of, expected }) => ({ of: inWords(of), verdict: expected })), wrong: [] });
}, TIMEOUT_MS);

test('the same seed gives the same plan, another one another', () => {
  expect(planOf(SEED, 40)).toEqual(planOf(SEED, 40));
  expect(planOf(SEED + 1, 40)).not.toEqual(planOf(SEED, 40));
});

test('as many rounds as there are operations meet every fault with every operation', () => {
  const met = planOf(SEED, FAULTS.length * OPERATIONS.length).flat().map(({ fault, operation }) => `${fault} ${operation.name}`);
  expect(new Set(met).size).toBe(FAULTS.length * OPERATIONS.length);
});
