import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Webhook as Verifier } from 'standardwebhooks';
import { envOf, freeflow } from '../../../test/support/freeflow';
import { freeflowHere } from '../../../test/support/freeflow-here';
import { openTestInstallation, type TestInstallation } from '../../../test/support/installation';
import { openReceiver, type Receiver } from '../../../test/support/receiver';
import { until } from '../../../test/support/until';
import { LOCAL_NETWORKS } from '../../../test/support/webhooks';

let installation: TestInstallation;
let receiver: Receiver;
let env: Record<string, string>;
beforeAll(async () => {
  receiver = await openReceiver();
  installation = await openTestInstallation({ worker: LOCAL_NETWORKS, api: LOCAL_NETWORKS });
  env = envOf(installation);
  await until(
    'a worker has published its key',
    async () => (await installation.master.query('SELECT FROM "SealingKey"')).rows.length > 0,
  );
});
afterAll(async () => {
  await installation.close();
  await receiver.close();
});

const run = (...args: string[]) => freeflowHere(['webhooks', ...args], env);

test('a webhook is made, shown without its secret, tried out, disabled, enabled and removed', async () => {
  const made = await freeflow(
    ['webhooks', 'create', receiver.url, '--events', 'tenant.gone', '--description', 'ours'],
    env,
  );
  expect(made.code).toBe(0);
  const [, id = ''] = /Webhook ([0-9a-f-]{36}) is made/.exec(made.stdout) ?? [];
  expect(made.stdout).toMatch(/\nwhsec_\S{44}\n/);
  const list = await run('list');
  expect(list.stdout).toMatch(
    new RegExp(`^ID +STATE +UNDELIVERED +EVENTS +URL\\n${id} +enabled +0 +tenant\\.gone +${receiver.url} \\(ours\\)`),
  );
  expect(list.stdout).not.toContain('whsec');
  const shown = await run('show', id);
  expect(shown.stdout).toMatch(
    new RegExp(`^id +${id}\nURL +${receiver.url}\ndescription +ours\nstate +enabled\nevents +tenant\\.gone\n`),
  );
  const changed = await run('update', id, '--events', 'tenant.gone,tenant.created', '--no-description', '--json');
  expect(JSON.parse(changed.stdout)).toMatchObject({
    eventTypes: ['tenant.gone', 'tenant.created'],
    description: null,
  });
  expect((await run('update', id, '--events', 'all', '--description', 'ours')).stdout).toMatch(/\nevents +all\n/);
  expect(await run('update', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing to change') });
  expect(await run('ping', id)).toMatchObject({ code: 0, stdout: 'delivered: answered 204\n' });
  await run('update', id, '--events', 'tenant.gone');
  receiver.answer(() => 500);
  expect(await run('ping', id)).toMatchObject({ code: 1, stdout: 'failed: answered 500\n' });
  expect((await run('deliveries', id)).stdout.match(/webhook\.ping/g)).toHaveLength(2);
  expect((await run('deliveries', id, '--state', 'failed')).stdout).toMatch(/webhook\.ping +failed +1 +answered 500/);
  const [late = ''] = /^[0-9a-f-]{36}/m.exec((await run('deliveries', id, '--state', 'delivered')).stdout) ?? [];
  expect(await run('give-up', id, late)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has been delivered'),
  });
  expect(await run('disable', id)).toMatchObject({ code: 0, stdout: `Webhook ${id} is disabled.\n` });
  expect(await run('redeliver', id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('freeflow webhooks enable'),
  });
  expect(await run('enable', id)).toMatchObject({ code: 0, stdout: `Webhook ${id} is enabled.\n` });
  expect(await run('redeliver', id, '--since', '1h')).toMatchObject({ code: 0, stdout: '0 deliveries go again.\n' });
  expect(await run('delete', id)).toMatchObject({ code: 2 });
  expect(await run('delete', id, '--yes')).toMatchObject({ code: 0 });
  expect(await run('list')).toMatchObject({ code: 0, stdout: 'There are no webhooks.\n' });
});

test('a webhook is sent elsewhere, and signed by another secret, without losing what waits', async () => {
  const { id, secret: older } = JSON.parse((await run('create', receiver.url, '--json')).stdout) as Record<
    string,
    string
  >;
  receiver.answer(() => 204);
  receiver.received.length = 0;
  expect((await run('update', id ?? '', '--url', `${receiver.url}/new?token=hunter22`)).stdout).not.toContain(
    'hunter22',
  );
  const rotated = await run('rotate-secret', id ?? '', '--overlap', '12h');
  const [, newer = ''] =
    /shown now and never again:\n(whsec_\S{44})\nThe one before signs beside it for 12h\.\n$/.exec(rotated.stdout) ??
    [];
  expect(await run('ping', id ?? '')).toMatchObject({ code: 0 });
  const one = receiver.received.find(({ event }) => event.type.endsWith('webhook.ping'));
  expect(one?.path).toBe('/new?token=hunter22');
  for (const secret of [older, newer])
    expect(new Verifier(secret ?? '').verify(one?.body ?? '', one?.headers as Record<string, string>)).toBeDefined();
  expect(await run('rotate-secret', id ?? '', '--overlap', 'long')).toMatchObject({ code: 2 });
  expect(await run('rotate-secret', id ?? '', '--overlap', '8d')).toMatchObject({ code: 2 });
});

test('a ping is found beside however many deliveries of events there are', async () => {
  const { id } = JSON.parse((await run('create', receiver.url, '--json')).stdout) as { id: string };
  receiver.answer(() => 204);
  // As of an event that happens on at once: newer than any ping.
  await installation.master.query(
    `INSERT INTO "WebhookDelivery" ("webhookId", type, "eventAt", lane, "isHead", state, "createdAt", "endedAt")
     SELECT $1, 'webhook.ping', now(), gen_random_uuid(), false, 'delivered', now() + interval '1 hour', now() FROM generate_series(1, 300)`,
    [id],
  );
  expect(await run('ping', id)).toMatchObject({ code: 0, stdout: 'delivered: answered 204\n' });
  const [failed = ''] = (
    await installation.master.query<{ id: string }>(
      `UPDATE "WebhookDelivery" SET state = 'waiting', "endedAt" = NULL WHERE id = (SELECT id FROM "WebhookDelivery" WHERE "webhookId" = $1 LIMIT 1) RETURNING id`,
      [id],
    )
  ).rows.map((it) => it.id);
  expect(await run('give-up', id, failed)).toMatchObject({ code: 0, stdout: `Delivery ${failed} is given up.\n` });
});

test("a secret of one's own comes from a file; what the API refuses is told with its place", async () => {
  const file = path.join(installation.logDir, 'secret');
  writeFileSync(file, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n');
  const made = await run('create', receiver.url, '--secret-file', file, '--json');
  expect(JSON.parse(made.stdout)).toMatchObject({ secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' });
  expect(await run('create', 'https://10.0.0.1/')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('url: 10.0.0.1'),
  });
  expect(await run('create', receiver.url, '--events', 'tenant.eaten')).toMatchObject({ code: 2 });
  expect(await run('create', receiver.url, '--secret-file', '/nonexistent')).toMatchObject({ code: 2 });
});
