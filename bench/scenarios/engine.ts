import type { StackInfo } from '@freeflow/contract/stack-info';
import { openFakeOperations, type FakeOperations } from '../../test/support/fake-operations';
import { runsOf, type RunSeen } from '../../test/support/runs-seen';
import { measureRate } from '../measure/at-once';
import { rowOf, type Result, type Row } from '../report/schema';
import type { Bench, Scenario } from '../run/bench';
import { durationOf } from '../spans/history';

const KINDS = ['create', 'suspend', 'hard_delete'] as const;
/** What a run of these returns that went well; any other text is of a failure. */
const DONE = /^(fake is (active|suspended)|nothing of fake is left)$/;
const MANY = 32;
const ROUNDS = 3;

/** The same workflows with activities that do nothing: what Temporal and the runbooks cost by themselves. */
export const engine: Scenario = {
  name: 'engine',
  title: 'The engine alone',
  about: `The product's workflows with activities that do nothing: from the start of a run until its end, by its own history (a client that waits for the result hears of it up to 100 ms later), one by one, and ${MANY} at once. Workflows, activities and client share one process.`,
  async run(bench) {
    const results = [await measure(bench, bench.info, 'dev server (SQLite)')];
    if (bench.temporalAddress !== undefined) {
      const temporal = { ...bench.info.temporal, address: bench.temporalAddress, namespace: 'default' };
      results.push(await measure(bench, { ...bench.info, temporal }, bench.temporalAddress));
    }
    return merge(results, [
      bench.temporalAddress === undefined
        ? "Measured on Temporal's development server, which keeps all in one SQLite file, not on a Temporal with PostgreSQL (--temporal): figures in production are others."
        : 'The development server keeps all in one SQLite file; the other is the Temporal given by --temporal.',
      'Engines that are a library on PostgreSQL (DBOS, graphile-worker) are quicker on graphs of steps that do nothing: they have no server of their own between two steps. That was not measured here.',
    ]);
  },
};

interface Measured {
  latency: Row[];
  rate: Row[];
  sizes: string[];
}

async function measure(bench: Bench, info: StackInfo, where: string): Promise<Measured> {
  const fake = await openFakeOperations({ info });
  const latency: Row[] = [];
  const sizes: string[] = [];
  try {
    await runOne(bench, fake, 'create');
    for (const kind of KINDS) {
      bench.note(`${kind} with no-op activities, one by one`);
      const took: number[] = [];
      let size = '';
      for (let round = 0; round < bench.count(10, 50); round++) {
        const [run] = await runsOf(fake, await runOne(bench, fake, kind));
        if (run === undefined) throw new Error(`Temporal has no run of a ${kind}`);
        took.push(durationOf(run.history));
        size = sizeOf(run);
      }
      latency.push(rowOf(`${kind}, ${where}`, took));
      sizes.push(`${kind}: ${size}`);
    }
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      bench.note(`creates with no-op activities, ${MANY} at once, round ${round + 1}`);
      rates.push(await measureRate(bench.count(64, 320), MANY, async () => void (await runOne(bench, fake, 'create'))));
    }
    return { latency, rate: [rowOf(`create, ${MANY} at once, ${where}`, rates)], sizes };
  } finally {
    await fake.close();
  }
}

/** Gives the tenant's id. */
async function runOne({ signal }: Bench, fake: FakeOperations, kind: (typeof KINDS)[number]): Promise<string> {
  signal.throwIfAborted();
  const id = await fake.start(kind);
  const outcome = await fake.outcomeOf(id);
  if (!DONE.test(outcome)) throw new Error(`a ${kind} with no-op activities ended as: ${outcome}`);
  return id;
}

function sizeOf({ history }: RunSeen): string {
  const events = history.events ?? [];
  const count = (key: 'workflowTaskCompletedEventAttributes' | 'activityTaskCompletedEventAttributes') =>
    events.filter((it) => it[key] !== null && it[key] !== undefined).length;
  return `${events.length} events, ${count('workflowTaskCompletedEventAttributes')} workflow tasks, ${count('activityTaskCompletedEventAttributes')} activities`;
}

const merge = (all: readonly Measured[], notes: string[]): Result => ({
  groups: [
    { title: 'From start to end', unit: 'ms', plot: 'ranges', rows: all.flatMap(({ latency }) => latency) },
    { title: 'Rate', unit: 'operations/s', plot: 'none', rows: all.flatMap(({ rate }) => rate) },
  ],
  notes: [...(all[0]?.sizes ?? []), ...notes],
});
