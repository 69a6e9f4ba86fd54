import { writeSync } from 'node:fs';
import { openChaosEnvironment, type ChaosEnvironment } from '../chaos/environment';
import { chaosSection, countsOf } from '../chaos/page';
import { inWords, planOf, roundsOf, systematicOf, FAULTS, OPERATIONS, type Case } from '../chaos/plan';
import { runRound, type Round } from '../chaos/run-round';
import { describeSequences } from '../chaos/sequences';
import { writeSection } from '../support/faults-page';
import { gateFor } from '../support/pooled';

// CHAOS=all meets every fault with every operation (npm run test:chaos). The same CHAOS_SEED and CHAOS_TENANTS give the
// same plan; without a seed the long form has another one each day, the short one always the same, which troubles the
// line to every server, worker, lock and API: a change is not to be judged by chance. CHAOS_ONLY=frozen takes the first
// fault of each tenant from those alone that have this in their name.
const { CHAOS, CHAOS_SEED, CHAOS_TENANTS, CHAOS_ONLY = '' } = process.env;
const IS_LONG = CHAOS === 'all';
const SEED = Number(CHAOS_SEED ?? (IS_LONG ? Math.floor(Date.now() / 86_400_000) : 83_423));
const TENANTS = Number(CHAOS_TENANTS ?? (IS_LONG ? 210 : 4));
const KINDS = FAULTS.filter((it) => it.includes(CHAOS_ONLY));
if (KINDS.length === 0) throw new Error(`CHAOS_ONLY=${CHAOS_ONLY} is in the name of no fault: ${FAULTS.join(', ')}`);
const SYSTEMATIC = systematicOf(KINDS);
const INSTALLATIONS = IS_LONG ? 3 : 1;
/** Few tenants are spread over the installations, too. */
const ROUND = Math.min(12, Math.ceil(TENANTS / INSTALLATIONS));
const MUST_MEET =
  TENANTS >= 200 ? { faults: 500, cells: SYSTEMATIC } : { faults: TENANTS, cells: Math.floor(TENANTS / 2) };
const TIMEOUT_MS = 90 * 60_000;

const rounds = roundsOf(planOf(SEED, TENANTS, KINDS), ROUND).map((cases, at) => ({ cases, at }));
let done: Promise<Round>[] = [];

/** A worker and an API are dear to start: in the short form rounds and sequences have the same, one after the other. */
let shared: Promise<ChaosEnvironment> | undefined;
const openShared = (): Promise<ChaosEnvironment> => (shared ??= openChaosEnvironment());
afterAll(async () => (await shared)?.close(), TIMEOUT_MS);

async function inWorldOfItsOwn(cases: readonly Case[]): Promise<Round> {
  const environment = await (IS_LONG ? openChaosEnvironment() : openShared());
  try {
    const round = await runRound(environment, cases);
    for (const it of round.outcomes)
      process.stdout.write(
        `  ${inWords(it.of)}: met ${it.met.length}, ${it.verdict?.tenant ?? it.trouble} after ${Math.round(it.tookMs / 1000)} s; ${it.failures.join(', ') || 'no failure'}\n`,
      );
    return round;
  } finally {
    if (IS_LONG) await environment.close();
  }
}

describe('tenants that are troubled at the same time', () => {
  beforeAll(() => {
    process.stdout.write(`CHAOS_SEED=${SEED} CHAOS_TENANTS=${TENANTS}\n`);
    const gate = gateFor(INSTALLATIONS);
    done = rounds.map(({ cases }) => gate(() => inWorldOfItsOwn(cases)));
    // A later await still gets the error all the same.
    for (const it of done) it.catch(() => undefined);
  });
  afterAll(async () => {
    const all = await Promise.all(done);
    if (IS_LONG && CHAOS_ONLY === '') writeSection('Chaos', chaosSection(SEED, all));
  }, TIMEOUT_MS);

  test.each(rounds)(
    `round $at of CHAOS_SEED=${SEED} CHAOS_TENANTS=${TENANTS}: every tenant is complete, cut off or absent, as the records say`,
    async ({ at }) => {
      const { outcomes, wrong } = (await done[at]) as Round;
      const seen = outcomes.map(({ of, verdict, trouble }) => ({ of: inWords(of), verdict: verdict ?? trouble }));
      expect({ seen, wrong }).toEqual({
        seen: outcomes.map(({ of, expected }) => ({ of: inWords(of), verdict: expected })),
        wrong: [],
      });
    },
    TIMEOUT_MS,
  );

  test('the same seed gives the same plan, another one another', () => {
    expect(planOf(SEED, 40)).toEqual(planOf(SEED, 40));
    expect(planOf(SEED + 1, 40)).not.toEqual(planOf(SEED, 40));
  });

  test('the plan meets every fault with every operation first', () => {
    const met = planOf(SEED, systematicOf(FAULTS)).map(
      ({ faults: [first], operation }) => `${first?.kind} ${operation.name}`,
    );
    expect(new Set(met).size).toBe(FAULTS.length * OPERATIONS.length);
  });

  test(
    `at least ${MUST_MEET.faults} faults were met, in ${MUST_MEET.cells} pairs of a fault and an operation or more`,
    async () => {
      const { faults, cells, tenants } = countsOf((await Promise.all(done)).flatMap((it) => it.outcomes));
      // Not by process.stdout, of which jest loses what comes in the last moment.
      writeSync(
        1,
        `${faults} faults over ${tenants} tenants, ${cells} of ${SYSTEMATIC} pairs of fault and operation; CHAOS_SEED=${SEED} CHAOS_TENANTS=${TENANTS}\n`,
      );
      expect({ faults, cells, isEnough: faults >= MUST_MEET.faults && cells >= MUST_MEET.cells }).toEqual({
        faults,
        cells,
        isEnough: true,
      });
    },
    TIMEOUT_MS,
  );
});

describe('sequences, one tenant after the other', () => {
  describeSequences(async () => {
    if (IS_LONG) return openChaosEnvironment({ STEP_PATIENCE_MS: '500' });
    await Promise.allSettled(done);
    return openShared();
  });
});
