import { setTimeout as delay } from 'node:timers/promises';
import { timeMs } from '../measure/pairs';
import { eagerPoolOf, hasPool, poolOf, untilPooled } from '../product/pool';
import { LOOK_AT_MANY_MS, Product, type Done } from '../product/product';
import { rowOf, type Group } from '../report/schema';
import { LeftOut, type Bench, type Scenario } from '../run/bench';
import { newScriptName } from '../script/names';

const BURST = 8;
const STREAM_POOL = 3;
const STREAM_EVERY_MS = 3_000;

/** What a warm pool is worth when many come at once, and when they come steadily. */
export const pool: Scenario = {
  name: 'pool',
  title: 'With the warm pool',
  about: `A burst: ${BURST} creates at once with a pool of ${BURST} that is full, beside the script's ${BURST} at once. A stream: a create every ${STREAM_EVERY_MS / 1_000} s with a pool of ${STREAM_POOL}, which is refilled meanwhile.`,
  async run(bench) {
    if (!hasPool()) throw new LeftOut('this build has no warm pool');
    return { groups: [...(await measureBurst(bench)), await measureStream(bench)], notes: [] };
  },
};

async function measureBurst(bench: Bench): Promise<Group[]> {
  const product = await Product.open(bench, { worker: eagerPoolOf(BURST) });
  const [all, each, script]: [number[], number[], number[]] = [[], [], []];
  try {
    for (let round = 0; round < bench.count(1, 5); round++) {
      bench.note(`burst ${round + 1}: waiting for the pool`);
      await untilPooled(product.installation, BURST, bench.signal);
      bench.note(`burst ${round + 1}`);
      const tenants: Done[] = [];
      all.push(await timeMs(() => eightTimes(async () => void tenants.push(await product.create()))));
      each.push(...tenants.map(({ tookMs }) => tookMs));
      await product.dropAll(tenants);
      await untilPooled(product.installation, BURST, bench.signal);
      bench.note(`burst ${round + 1}: the script`);
      const names = Array.from({ length: BURST }, newScriptName);
      script.push(await timeMs(() => Promise.all(names.map((name) => bench.script.create(name)))));
      for (const name of names) await bench.script.drop(name);
    }
  } finally {
    await product.close();
  }
  return [
    {
      title: `Burst of ${BURST}`,
      unit: 'ms',
      plot: 'ranges',
      rows: [
        rowOf('FreeFlow: until all are active', all),
        rowOf('FreeFlow: each by its record', each),
        rowOf('script: until all are there', script),
      ],
    },
  ];
}

async function measureStream(bench: Bench): Promise<Group> {
  const product = await Product.open(bench, { worker: poolOf(STREAM_POOL) });
  const tenants: Done[] = [];
  const tenantsWanted = bench.count(6, 20);
  try {
    bench.note('stream: waiting for the pool');
    await untilPooled(product.installation, STREAM_POOL, bench.signal);
    const creates: Promise<unknown>[] = [];
    for (let one = 0; one < tenantsWanted; one++) {
      bench.note(`stream: tenant ${one + 1} of ${tenantsWanted}`);
      creates.push(product.create(LOOK_AT_MANY_MS).then((it) => tenants.push(it)));
      await delay(STREAM_EVERY_MS, undefined, { signal: bench.signal });
    }
    await Promise.all(creates);
    const values = tenants.map(({ tookMs }) => tookMs);
    await product.dropAll(tenants);
    return {
      title: `Stream: one every ${STREAM_EVERY_MS / 1_000} s`,
      unit: 'ms',
      plot: 'ranges',
      rows: [rowOf('FreeFlow: each by its record', values)],
    };
  } finally {
    await product.close();
  }
}

const eightTimes = (act: () => Promise<void>): Promise<unknown> => Promise.all(Array.from({ length: BURST }, act));
