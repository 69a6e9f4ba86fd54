import { setTimeout as delay } from 'node:timers/promises';
import { randomOf } from '../../test/chaos/random';
import { quantile } from '../measure/statistics';
import { poolOf } from '../product/pool';
import { LOOK_AT_MANY_MS, Product } from '../product/product';
import { rowOf } from '../report/schema';
import type { Bench, Scenario } from '../run/bench';

/** Far shorter than a realm takes to go, in ms. */
const LOOK_AT_LEDGER_MS = 2;
/** The same moments in every run. */
const SEED = 20_261_127;
const UNDISTURBED = 2;

/** How long a hard delete takes whose worker was killed while Keycloak dropped the realm. */
export const killDelete: Scenario = {
  name: 'kill-delete',
  title: "A hard delete, killed during Keycloak's call",
  about: `The worker is killed at a random moment of the time that Keycloak takes to drop the realm (seed ${SEED}), counted from when the ledger shows that it is called, and a new one is started at once. A realm that is seen gone is believed to be; what a sequence of calls at another backend has left is believed once the call that was cut off can take no effect any more (SETTLE_MARGIN_MS), and so is a request that had not left the worker yet.`,
  isLongOnly: true,
  async run(bench) {
    const product = await Product.open(bench, { worker: poolOf(0) });
    try {
      const { realm, tenant } = await killAll(bench, product);
      return {
        groups: [
          {
            title: 'From the request, killed',
            unit: 's',
            plot: 'none',
            rows: [rowOf('until the realm is proved absent', realm), rowOf('until the tenant is gone', tenant)],
          },
        ],
        notes: [],
      };
    } finally {
      await product.close();
    }
  },
};

interface Took {
  realm: number[];
  tenant: number[];
}

/** Gives how long each took, in s. One after the other: the next kill would cut off the retries of the one before. */
async function killAll(bench: Bench, product: Product): Promise<Took> {
  const callMs = quantile(await measureCall(product), 0.5);
  const random = randomOf(SEED);
  const took: Took = { realm: [], tenant: [] };
  const rounds = bench.count(2, 6);
  let worker = product.firstWorker();
  for (let round = 0; round < rounds; round++) {
    bench.note(`hard delete ${round + 1} of ${rounds}`);
    const tenant = await product.create();
    await product.requestDrop(tenant);
    await untilCalled(bench, product, tenant.id);
    await delay(random.below(callMs), undefined, { signal: bench.signal });
    await worker.stop('SIGKILL');
    worker = await product.startAnother();
    const { tookMs } = await product.finish(tenant, LOOK_AT_MANY_MS);
    product.forget(tenant);
    took.tenant.push(tookMs / 1_000);
    took.realm.push(await untilProved(product, tenant.id));
  }
  return took;
}

/** How long it took from the request until the realm's absence was proved, in s. */
async function untilProved({ installation: { master } }: Product, tenantId: string): Promise<number> {
  const { rows } = await master.query<{ s: number }>(
    `SELECT extract(epoch FROM l."createdAt" - o."createdAt")::float8 AS s
       FROM "TenantProvisionLog" l JOIN "TenantOperation" o ON o.id = l."operationId"
      WHERE l."tenantId" = $1 AND l.step = 'keycloak.drop' AND l.status = 'success'`,
    [tenantId],
  );
  if (rows[0] === undefined) throw new Error('the log has no row of the drop of a realm');
  return rows[0].s;
}

/** How long the step takes when nothing happens to it, in ms: nearly all of it is the call. */
async function measureCall(product: Product): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < UNDISTURBED; round++) {
    const tenant = await product.create();
    await product.drop(tenant);
    const { rows } = await product.installation.master.query<{ durationMs: number }>(
      `SELECT "durationMs" FROM "TenantProvisionLog" WHERE "tenantId" = $1 AND step = 'keycloak.drop' AND status = 'success'`,
      [tenant.id],
    );
    took.push(...rows.map((it) => it.durationMs));
  }
  return took;
}

/** The ledger notes each call with an effect before it goes out, and when it was answered. */
async function untilCalled({ signal }: Bench, { installation: { master } }: Product, tenantId: string): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const { rows } = await master.query<{ state: string; isCalled: boolean }>(
      `SELECT state, "dropStartedAt" IS NOT NULL AND "callStartedAt" IS NOT NULL AS "isCalled"
         FROM "TenantResource" WHERE "tenantId" = $1 AND kind = 'keycloak'`,
      [tenantId],
    );
    if (rows[0]?.isCalled === true) return;
    if (rows[0]?.state === 'absent') throw new Error('the realm was gone before the worker could be killed');
    await delay(LOOK_AT_LEDGER_MS);
  }
}
