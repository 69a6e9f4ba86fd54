import { randomBytes } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { findSecrets } from '../support/find-secret';
import { ownSecretsOf } from '../support/own-secrets';
import { historyText } from '../support/temporal';
import { secretsOf } from '../support/tenant-app';
import { askFor, deleteTenant, operationEnds, tenantOf } from '../support/tenants';
import { until } from '../support/until';

let installation: FaultInjectedInstallation;

beforeAll(async () => {
  installation = await openFaultInjectedInstallation();
});
afterAll(() => installation.close());

test('no secret of a tenant, nor any of our own, is in a history, a log or an answer; a planted one is found in each', async () => {
  // With troubles on the way, since error messages are where secrets usually leak.
  const name = newName();
  installation.proxies.postgres.shut();
  installation.proxies.mongodb.shut();
  const id = await askFor(installation, name);
  await until('both have failed', async () => {
    const { rows } = await installation.master.query(
      'SELECT DISTINCT step FROM "TenantProvisionLog" WHERE "tenantId" = $1 AND status = \'error\'',
      [id],
    );
    return rows.length === 2;
  });
  installation.proxies.postgres.open();
  installation.proxies.mongodb.open();
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
  const secrets = await secretsOf(installation, id);
  expect(Object.keys(secrets).sort()).toEqual([
    'keycloak/admin-password',
    'keycloak/client-secret',
    'mongodb/password',
    'postgres/password',
    'qdrant/token',
  ]);
  const createRun = await tenantOf(installation, id);
  const create = await historyText(installation.operator, `tenant-${id}`);
  const answers = await answersAbout(id);
  await deleteTenant(installation, id);
  const places = {
    'the history of the create': create,
    'the history of the delete': await historyText(installation.operator, `tenant-${id}`),
    'the events of the tenant': await eventsOf(id),
    ...answers,
    ...logs(),
  };

  expect(createRun.operation.state).toBe('done');
  expect(places['the history of the create']).toContain(id);
  expect(places['the events of the tenant']).toContain('step.failed');
  expect(findSecrets(places, { ...secrets, ...ownSecretsOf(installation) })).toEqual([]);

  // The same search over the same places finds what is planted there.
  const canary = `canary ${randomBytes(18).toString('base64')}/+&`;
  await plant(canary, id);
  const planted = {
    'the planted history': await historyText(installation.operator, `canary-${id}`),
    ...(await answersAbout(id)),
    ...logs(),
  };
  const found = findSecrets(planted, { canary });
  expect(found).toEqual(
    expect.arrayContaining([
      'canary in the planted history',
      `canary in GET /tenants/${id}/logs`,
      'canary in the log worker.log',
    ]),
  );
});

test.each([
  ['raw', (it: string) => it],
  ['URL-encoded', encodeURIComponent],
  ['base64', (it: string) => Buffer.from(it).toString('base64')],
  ['base64 of a text around it', (it: string) => Buffer.from(`{"password":"${it}"}`).toString('base64')],
  ['base64url of a text around it', (it: string) => Buffer.from(`a:${it}@host`).toString('base64url')],
])('the search finds a secret that is %s', (_, encode) => {
  const secret = randomBytes(24).toString('base64');
  expect(findSecrets({ there: `before ${encode(secret)} after`, elsewhere: 'nothing' }, { secret })).toEqual([
    'secret in there',
  ]);
});

async function answersAbout(id: string): Promise<Record<string, string>> {
  const paths = [`/tenants/${id}`, `/tenants/${id}/logs`, '/tenants?gone=true', '/health/ready', '/openapi.json'];
  return Object.fromEntries(
    await Promise.all(paths.map(async (it) => [`GET ${it}`, (await installation.request('GET', it)).text] as const)),
  );
}

/** As they are streamed, but for the form. */
async function eventsOf(id: string): Promise<string> {
  const { rows } = await installation.master.query('SELECT * FROM "Event" WHERE "tenantId" = $1 ORDER BY id', [id]);
  return JSON.stringify(rows);
}

/** The logs of worker and API, and those of all servers. */
function logs(): Record<string, string> {
  const folders = [installation.logDir, path.join(installation.info.dir, 'logs')];
  return Object.fromEntries(
    folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((it) => it.endsWith('.log'))
        .map((it) => [`the log ${it}`, readFileSync(path.join(folder, it), 'latin1')]),
    ),
  );
}

async function plant(canary: string, tenantId: string): Promise<void> {
  const handle = await installation.operator.client.workflow.start('nobody', {
    workflowId: `canary-${tenantId}`,
    taskQueue: 'nobody-polls-here',
    args: [{ password: canary }],
  });
  await handle.terminate();
  await installation.master.query('UPDATE "TenantProvisionLog" SET message = $2 WHERE "tenantId" = $1 AND seq = 1', [
    tenantId,
    `login failed for ${encodeURIComponent(canary)}`,
  ]);
  appendFileSync(
    path.join(installation.logDir, 'worker.log'),
    `${JSON.stringify({ header: `Basic ${Buffer.from(`user:${canary}`).toString('base64')}` })}\n`,
  );
}
