import type { DeliveryInput } from '@freeflow/contract';
import { createMasterClient, lockWebhook, type PrismaClient } from '@freeflow/db-master';
import { until } from '../support/until';
import { openWebhookBench, type WebhookBench } from '../support/webhook-bench';
import { insertQuietTenant, tellOf } from '../support/webhooks';

/** A transaction is ended by the server after 15 s in which nothing comes. */
const FROZEN_FOR_MS = 15_000;

let bench: WebhookBench;
let stopped: PrismaClient;
beforeAll(async () => {
  bench = await openWebhookBench('5000,300000');
  stopped = createMasterClient(bench.master.workerUrl, { maxConnections: 1 });
});
afterAll(async () => {
  await stopped.$disconnect();
  await bench.close();
});

/** Holds it as a process does that is stopped between two statements: nothing comes of it any more. */
async function freezeIn(webhookId: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stopped
      .$transaction(
        async (tx) => {
          await lockWebhook(tx, webhookId);
          resolve();
          await new Promise((over) => setTimeout(over, 4 * FROZEN_FOR_MS).unref());
        },
        { timeout: 4 * FROZEN_FOR_MS },
      )
      .catch(reject);
  });
}

/** As Temporal repeats it. */
async function attempt(delivery: DeliveryInput): Promise<string> {
  const told: unknown[] = [];
  return until('it is recorded', async () =>
    bench.attempt(delivery, told).then(
      ({ outcome }) => outcome,
      () => undefined,
    ),
  );
}

test('a process that is frozen in a transaction of a webhook holds up that one alone, for a quarter of a minute, and nothing is sent twice', async () => {
  const tenants = await Promise.all(Array.from({ length: 8 }, () => insertQuietTenant(bench.owner)));
  const [held, other] = [await bench.webhook(), await bench.webhook()];
  for (const tenant of tenants) await tellOf(bench.owner, tenant, 1);
  const [ofHeld, ofOther] = [await bench.begin(held), await bench.begin(other)];
  // Perhaps also that webhooks were made.
  expect(Math.min(ofHeld.length, ofOther.length)).toBeGreaterThanOrEqual(tenants.length);
  const startedAt = performance.now();
  await freezeIn(held);
  const waiting = Promise.all(ofHeld.map(attempt));
  await until('all of it were sent', async () => bench.receiver.received.length === ofHeld.length);
  expect(await Promise.all(ofOther.map((it) => bench.attempt(it)))).toEqual(
    ofOther.map(() => ({ outcome: 'delivered' })),
  );
  expect(performance.now() - startedAt).toBeLessThan(FROZEN_FOR_MS / 2);
  expect(await waiting).toEqual(ofHeld.map(() => 'delivered'));
  expect(performance.now() - startedAt).toBeLessThan(3 * FROZEN_FOR_MS);
  expect(bench.receiver.received).toHaveLength(ofHeld.length + ofOther.length);
});
