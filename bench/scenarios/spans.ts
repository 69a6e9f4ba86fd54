import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { workflowIdOf } from '@freeflow/contract';
import type { History } from '@temporalio/common/lib/proto-utils';
import { eagerPoolOf, hasPool, untilPooled } from '../product/pool';
import { Product } from '../product/product';
import type { Bench, Scenario } from '../run/bench';
import type { CreateSeen } from '../spans/create-seen';
import { tasksOf } from '../spans/history';
import { readCalls, type RecordedCall } from '../spans/recorder';
import { tablesOf } from '../spans/tables';
import { timelineOf } from '../spans/timeline';

const POOL_SIZE = 2;

/** Where the milliseconds of a create go. */
export const spans: Scenario = {
  name: 'spans',
  title: 'Where the time goes',
  about:
    'Creates one by one on a worker that notes each call to a server, beside the events of their Temporal runs and the log. Sums of calls that go on side by side are longer than the create. The plot is the create in the middle of all.',
  async run(bench) {
    const pool = hasPool() ? POOL_SIZE : 0;
    const creates = await watchCreates(bench, pool);
    const middle = [...creates].sort((one, other) => one.tookMs - other.tookMs)[Math.floor((creates.length - 1) / 2)];
    return {
      groups: tablesOf(creates),
      notes: [pool === 0 ? 'Without a warm pool.' : 'With the warm pool.'],
      ...(middle === undefined ? {} : { timeline: timelineOf(middle) }),
    };
  },
};

async function watchCreates(bench: Bench, pool: number): Promise<CreateSeen[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-bench-'));
  const file = path.join(folder, 'spans.json');
  const product = await Product.open(bench, {
    script: 'bench/spans-worker.js',
    worker: { BENCH_SPANS_FILE: file, ...eagerPoolOf(pool) },
  });
  const seen: (Omit<CreateSeen, 'calls'> & { workflowId: string })[] = [];
  try {
    const rounds = bench.count(5, 15);
    for (let round = 0; round <= rounds; round++) {
      bench.note(round === 0 ? 'warming up' : `create ${round} of ${rounds}`);
      if (pool > 0) await untilPooled(product.installation, pool, bench.signal);
      const { acceptedMs, ...tenant } = await product.requestCreate();
      const { tookMs } = await product.finish(tenant);
      if (round > 0) seen.push({ ...(await describe(product, tenant.id, tookMs)), acceptedMs });
      await product.drop(tenant);
    }
    await product.firstWorker().stop();
    const calls = readCalls(file);
    return seen.map((it) => ({ ...it, calls: calls.filter(isWithin(it)) }));
  } finally {
    await product.close();
    rmSync(folder, { recursive: true });
  }
}

/** One create goes on at a time, so what no activity is known of is told by its time. */
const isWithin =
  ({ workflowId, requestedAt, tookMs }: { workflowId: string; requestedAt: number; tookMs: number }) =>
  (call: RecordedCall): boolean =>
    (call.workflowId ?? workflowId) === workflowId &&
    call.startedAt >= requestedAt &&
    call.endedAt <= requestedAt + tookMs + 50;

async function describe(product: Product, id: string, tookMs: number) {
  const { master, operator } = product.installation;
  const workflowId = workflowIdOf(id);
  const history: History = await operator.client.workflow.getHandle(workflowId).fetchHistory();
  const { rows: steps } = await master.query<{ step: string; durationMs: number }>(
    `SELECT step, "durationMs" FROM "TenantProvisionLog" WHERE "tenantId" = $1 AND "durationMs" IS NOT NULL ORDER BY seq`,
    [id],
  );
  const {
    rows: [operation],
  } = await master.query<{ requestedAt: Date }>(
    `SELECT "createdAt" AS "requestedAt" FROM "TenantOperation" WHERE "tenantId" = $1`,
    [id],
  );
  if (operation === undefined) throw new Error(`tenant ${id} has no operation`);
  return { workflowId, tookMs, requestedAt: operation.requestedAt.getTime(), tasks: tasksOf(history), steps };
}
