import type { DeliveryInput } from '@freeflow/contract';
import { openWebhookBench, type WebhookBench } from '../../test/support/webhook-bench';
import { insertQuietTenant, tellOf } from '../../test/support/webhooks';

let bench: WebhookBench;
beforeAll(async () => {
  bench = await openWebhookBench('5000,300000');
});
afterEach(async () => {
  await bench.owner.query('DROP FUNCTION IF EXISTS refuse CASCADE');
  await bench.clear();
});
afterAll(() => bench.close());

/** From now on nothing of a delivery can be recorded, so many times or until it is mended. */
const refuse = (times = 1_000) =>
  bench.owner.query(`
    CREATE SEQUENCE IF NOT EXISTS refusals; SELECT setval('refusals', 1, false); GRANT USAGE ON SEQUENCE refusals TO PUBLIC;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('refusals') <= ${times} THEN RAISE EXCEPTION 'not now' USING ERRCODE = '53100'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON "WebhookDelivery" FOR EACH ROW EXECUTE FUNCTION refuse()`);
const accept = () => bench.owner.query('DROP FUNCTION refuse CASCADE');

async function beginOne(): Promise<DeliveryInput> {
  const tenant = await insertQuietTenant(bench.owner);
  const id = await bench.webhook();
  await tellOf(bench.owner, tenant, 1);
  const [delivery] = await bench.begin(id);
  return delivery as DeliveryInput;
}
const attemptsOf = async ({ deliveryId }: DeliveryInput) =>
  (await bench.harness.db.webhookDelivery.findUniqueOrThrow({ where: { id: deliveryId } })).attempts;

test('what can not be recorded for a moment is recorded then, and was sent once', async () => {
  const delivery = await beginOne();
  await refuse(2);
  expect(await bench.attempt(delivery)).toEqual({ outcome: 'delivered' });
  expect(bench.receiver.received).toHaveLength(1);
  expect(await attemptsOf(delivery)).toHaveLength(1);
});

test.each([
  ['taken', 204, 'delivered'],
  ['refused', 500, 'retry'],
])(
  'what was %s and can not be recorded at all is recorded by the next try, and not sent again',
  async (_, status, outcome) => {
    bench.receiver.answer(() => status);
    const delivery = await beginOne();
    const told: unknown[] = [];
    await refuse();
    await expect(bench.attempt(delivery, told)).rejects.toMatchObject({ type: 'master-database' });
    await expect(bench.attempt(delivery, told)).rejects.toMatchObject({ type: 'master-database' });
    await accept();
    expect(await bench.attempt(delivery, told)).toEqual({ outcome });
    expect(bench.receiver.received).toHaveLength(1);
    expect(await attemptsOf(delivery)).toEqual([
      { at: expect.any(String), durationMs: expect.any(Number), status, cause: status === 204 ? null : 'answered 500' },
    ]);
  },
);

test('what was taken is delivered, also where its webhook is disabled before that can be recorded', async () => {
  const delivery = await beginOne();
  const told: unknown[] = [];
  await refuse();
  await expect(bench.attempt(delivery, told)).rejects.toMatchObject({ type: 'master-database' });
  await accept();
  await bench.owner.query(`UPDATE "Webhook" SET state = 'disabled', "disabledAt" = now(), "disabledReason" = 'person'`);
  expect(await bench.attempt(delivery, told)).toEqual({ outcome: 'delivered' });
  expect(bench.receiver.received).toHaveLength(1);
});

test('what takes the receiver long is how long it took, however long that waits to be recorded', async () => {
  const delivery = await beginOne();
  await refuse(2);
  await bench.attempt(delivery);
  const [attempt] = (await attemptsOf(delivery)) as { durationMs: number }[];
  expect(attempt?.durationMs).toBeLessThan(1_000);
});
