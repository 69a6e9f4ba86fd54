import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { until } from '../../test/support/until';
import { measureRate } from '../measure/at-once';
import { measureCpu, readMemory } from '../measure/process';
import { hasPool, poolOf, untilPooled } from '../product/pool';
import { Product } from '../product/product';
import { registerTenants } from '../product/registered';
import { rowOf, type Row } from '../report/schema';
import type { Bench, Scenario } from '../run/bench';

const IDLE_S = 60;
const AT_ONCE = 8;
const POOL_SIZE = 3;
const PROCESSES = ['api', 'worker'] as const;
const PRELOAD = path.join(projectRoot(), 'dist/bench/report-memory.js');

type Memory = Awaited<ReturnType<typeof readMemory>>;

/** What an installation costs that has nothing to do, and whether it keeps memory of what it has done. */
export const idle: Scenario = {
  name: 'idle',
  title: 'Idle, and what stays in memory',
  about: `Processor time of API and worker over ${IDLE_S} s in which nothing is requested (sweep, reconciler and warm pool as by default), in % of one core. Then their memory, garbage collected (resident: of the process; heap: of its main thread), before and after many operations that touch no backend: registered tenants whose registration is removed.`,
  isLongOnly: true,
  async run(bench) {
    const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-bench-'));
    const socketOf = (name: string) => path.join(folder, `${name}.sock`);
    const env = (name: string) => ({ BENCH_MEMORY_SOCKET: socketOf(name), NODE_OPTIONS: `--require ${PRELOAD}` });
    const product = await Product.open(bench, { worker: { ...env('worker'), ...poolOf(POOL_SIZE) }, api: env('api') });
    const readAll = async () => Promise.all(PROCESSES.map((name) => readMemory(socketOf(name))));
    try {
      if (hasPool()) await untilPooled(product.installation, POOL_SIZE, bench.signal);
      await removeRegistered(bench, product, AT_ONCE);
      const cpu = await measureIdle(bench, product);
      const operations = bench.count(100, 1_000);
      const before = await readAll();
      const rate = await removeRegistered(bench, product, operations);
      const after = await readAll();
      return {
        groups: [
          { title: `Processor while idle, ${IDLE_S} s`, unit: '%', plot: 'none', rows: cpu },
          { title: 'Memory', unit: 'MB', plot: 'none', rows: memoryRows(before, after, operations) },
          {
            title: 'Operations that touch no backend',
            unit: 'operations/s',
            plot: 'none',
            rows: [rowOf(`${AT_ONCE} at once`, [rate])],
          },
        ],
        notes: [],
      };
    } finally {
      await product.close();
      rmSync(folder, { recursive: true });
    }
  },
};

async function measureIdle(bench: Bench, product: Product): Promise<Row[]> {
  bench.note(`idle for ${IDLE_S} s`);
  const pids = [product.installation.api().process.pid ?? 0, product.firstWorker().process.pid ?? 0];
  const percent = await measureCpu(pids, IDLE_S, bench.signal);
  return PROCESSES.map((name, at) => rowOf(name, [percent[at] ?? 0]));
}

/** Registers so many tenants and removes them again; gives how many operations per second that were. */
async function removeRegistered(bench: Bench, product: Product, tenants: number): Promise<number> {
  const { master } = product.installation;
  const ids = await registerTenants(master, tenants);
  bench.note(`${tenants} operations that touch no backend`);
  const rate = await measureRate(tenants, AT_ONCE, async () => {
    bench.signal.throwIfAborted();
    const id = ids.pop();
    if (id !== undefined) {
      await product.requestDrop({ id });
      await product.finish({ id, name: id });
    }
  });
  await until('all are gone', async () => {
    const { rows } = await master.query('SELECT 1 FROM "Tenant" WHERE "goneAt" IS NULL LIMIT 1');
    return rows.length === 0;
  });
  return rate;
}

const memoryRows = (before: readonly Memory[], after: readonly Memory[], operations: number): Row[] =>
  PROCESSES.flatMap((name, at) => {
    const [one, other] = [before[at], after[at]];
    if (one === undefined || other === undefined) return [];
    return [
      rowOf(`${name}: resident, before`, [one.rssMb]),
      rowOf(`${name}: resident, after ${operations} operations`, [other.rssMb]),
      rowOf(`${name}: heap, before`, [one.heapMb]),
      rowOf(`${name}: heap, after ${operations} operations`, [other.heapMb]),
    ];
  });
