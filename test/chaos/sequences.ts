import fc from 'fast-check';
import { observeOutcome, mustBe } from '../kill/verdict';
import { newName } from '../support/activity-harness';
import { observeFromOutside, NOTHING } from '../support/outside';
import { askFor, deleteTenant } from '../support/tenants';
import { calm, commands, ends, standingOf, type Real } from './commands';
import type { ChaosEnvironment } from './environment';
import { Model } from './model';

// The long form has the sequences of the day, the short one always the same, unless CHAOS_SEED says which.
const { CHAOS, CHAOS_SEED, CHAOS_SEQUENCES } = process.env;
const IS_LONG = CHAOS === 'all';
const SEED = Number(CHAOS_SEED ?? (IS_LONG ? Math.floor(Date.now() / 86_400_000) : 1955));
const SEQUENCES = Number(CHAOS_SEQUENCES ?? (IS_LONG ? 30 : 2));
const TIMEOUT_MS = 40 * 60_000;
/** Two unanswered calls of Keycloak one after the other, on a busy machine. */
const ENDED_WITHIN_MS = 300_000;

/**
 * Sequences of requests, answers and faults, each about a tenant of its own.
 * @param open what they happen in; closed here in the long form alone
 */
export function describeSequences(open: () => Promise<ChaosEnvironment>): void {
  let environment: ChaosEnvironment | undefined;
  beforeAll(async () => {
    environment = await open();
  }, TIMEOUT_MS);
  afterAll(async () => {
    if (IS_LONG) await environment?.close();
  }, TIMEOUT_MS);

  test(
    `CHAOS_SEED=${SEED} CHAOS_SEQUENCES=${SEQUENCES}: whatever is asked, answered and broken in whatever order, a tenant ends as the answers allow`,
    async () => {
      const there = environment;
      if (there === undefined) throw new Error('there is no chaos environment');
      const sequence = fc.asyncProperty(commands(6, IS_LONG ? 14 : 9), async (all) => {
        process.stdout.write(`  ${all.join(', ')}\n`);
        const name = newName('o');
        const real: Real = { environment: there, id: await askFor(there.installation, name), faults: new Map() };
        const model = new Model();
        try {
          await fc.asyncModelRun(() => ({ model, real }), all);
        } finally {
          await calm(real);
        }
        const tenant = await ends(model, real, ENDED_WITHIN_MS);
        const goal = standingOf(tenant);
        const { standing, access, secrets } = mustBe({ kind: 'create', isUndone: false, goal });
        expect(await observeOutcome(there.installation, false, { id: real.id, name }, tenant)).toMatchObject({
          tenant: goal,
          standing,
          access,
          secrets,
        });
        if (goal !== 'gone') await deleteTenant(there.installation, real.id);
        expect(await observeFromOutside(there.installation.info, name)).toEqual(NOTHING);
        expect(there.hasWorker()).toBe(true);
      });
      // Not made smaller on failure, which would take hours: the same seed comes to the same sequence again.
      await fc.assert(sequence, { seed: SEED, numRuns: SEQUENCES, endOnFailure: true });
    },
    TIMEOUT_MS,
  );
}
