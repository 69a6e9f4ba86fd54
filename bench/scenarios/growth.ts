import { measureRate } from '../measure/at-once';
import { alternate, newPair, timeMs } from '../measure/pairs';
import { poolOf } from '../product/pool';
import { LOOK_AT_MANY_MS, Product, type Done } from '../product/product';
import { rowOf, type Group, type Row } from '../report/schema';
import type { Bench, Scenario } from '../run/bench';
import { newScriptName } from '../script/names';

const SIZES = [10, 100, 300];
/** What `--n` makes of it, to try the scenario out. */
const SMALL_SIZES = [2, 4];
const AT_ONCE = 4;

/** Whether a create grows slower with the number of tenants on one set of backends. */
export const growth: Scenario = {
  name: 'growth',
  title: 'Growth: the 10th, 100th and 300th tenant',
  about:
    'Creates at that many living tenants on one set of servers, without a pool, FreeFlow and the script in turns: what both lose, the servers lose.',
  isLongOnly: true,
  async run(bench) {
    const product = await Product.open(bench, { worker: poolOf(0) });
    const living: Done[] = [];
    const rows: Row[] = [];
    try {
      for (const size of bench.count(0, 5) < 5 ? SMALL_SIZES : SIZES) {
        bench.note(`growing to ${size} tenants`);
        await measureRate(Math.max(0, size - 1 - living.length), AT_ONCE, async () => {
          living.push(await product.create(LOOK_AT_MANY_MS));
        });
        rows.push(...(await measureAt(bench, product, size)));
      }
      bench.note(`dropping ${living.length} tenants`);
      await product.dropAll(living);
    } finally {
      await product.close();
    }
    return { groups: [tableOf(rows)], notes: [] };
  },
};

async function measureAt(bench: Bench, product: Product, size: number): Promise<Row[]> {
  const pair = newPair();
  const byProduct = async () => {
    const tenant = await product.create();
    pair.product.push(tenant.tookMs);
    await product.drop(tenant);
  };
  const byScript = async () => {
    bench.signal.throwIfAborted();
    const name = newScriptName();
    pair.script.push(await timeMs(() => bench.script.create(name)));
    await bench.script.drop(name);
  };
  bench.note(`measuring at ${size} tenants`);
  await alternate(bench.count(2, 5), byProduct, byScript);
  return [rowOf('FreeFlow', pair.product, size), rowOf('script', pair.script, size)];
}

const tableOf = (rows: Row[]): Group => ({
  title: 'Create by number of living tenants',
  unit: 'ms',
  plot: 'lines',
  axis: 'living tenants',
  rows,
});
