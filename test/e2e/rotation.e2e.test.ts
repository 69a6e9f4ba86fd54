import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { freePort } from '../../stack/ports';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { envOf } from '../support/freeflow';
import { freeflowHere } from '../support/freeflow-here';
import { asKeycloakAdmin, observeFromOutside, NOTHING, withPostgres } from '../support/outside';
import { reconcileIn } from '../support/reconciler';
import { startSteadyClients, tryConnection, type Connected, type SteadyClients } from '../support/steady-clients';
import {
  abortWhenParked,
  change,
  createTenant,
  deleteTenant,
  logOf,
  operationEnds,
  tenantOf,
  untilParkedAt,
  type Tenant,
} from '../support/tenants';
import { until } from '../support/until';

// One tenant whose credentials are rotated again and again: the tests go on where the one before has left it.
let installation: FaultInjectedInstallation;
let tenant: Tenant;
let env: Record<string, string>;
beforeAll(async () => {
  installation = await openFaultInjectedInstallation({ STEP_PATIENCE_MS: '1000', SWEEP_INTERVAL_MS: '1000' });
  tenant = await createTenant(installation, newName('rot'));
  env = {
    MASTER_DATABASE_URL: installation.workerMasterUrl,
    SECRETS_KEY: installation.info.secretsKey,
    KEYCLOAK_URL: installation.info.keycloak.url,
    FREEFLOW_STACK_DIR: '/nonexistent',
  };
});
afterAll(() => installation.close());

async function connect(): Promise<Connected> {
  const { code, stdout, stderr } = await freeflowHere(['tenants', 'connect', tenant.name, '--json'], env);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Connected;
}

const rotate = (body?: object) => installation.request('POST', `/tenants/${tenant.id}/rotate`, body);

async function rotated(body?: object): Promise<Tenant> {
  const { status, text } = await rotate(body);
  if (status !== 202) throw new Error(`rotate answered ${status}: ${text}`);
  return operationEnds(installation, tenant.id);
}

/** What each backend answers to these credentials. */
async function answersTo(connected: Connected): Promise<Record<BackendKind, string>> {
  const answers = await Promise.all(BACKEND_KINDS.map(async (kind) => [kind, await tryConnection(kind, connected)]));
  return Object.fromEntries(answers) as Record<BackendKind, string>;
}

const IN = { postgres: 'in', mongodb: 'in', qdrant: 'in', keycloak: 'in' };
const REFUSED = {
  postgres: '28P01',
  mongodb: '18',
  qdrant: '401',
  keycloak: expect.stringMatching(/^token 401/) as string,
};

/** The time of the overlap is over, by the clock that counts. */
const endOverlap = () =>
  installation.master.query(
    'UPDATE "TenantResource" SET "overlapUntil" = now() WHERE "tenantId" = $1 AND "overlapUntil" IS NOT NULL',
    [tenant.id],
  );

const retiredBy = (kind: string) =>
  until(`${kind} has ended what was to be ended`, async () => {
    const { operation } = await tenantOf(installation, tenant.id);
    return operation.kind === kind && operation.state === 'done';
  });

const versions = async () =>
  (
    await installation.master.query<{ credential: number; retiring: number[]; nextCredential: number | null }>(
      'SELECT DISTINCT credential, retiring, "nextCredential" FROM "TenantResource" WHERE "tenantId" = $1',
      [tenant.id],
    )
  ).rows;

/** The versions of the rotated secret of each backend. */
const secretVersions = async () =>
  (
    await installation.master.query<{ versions: string }>(
      `SELECT DISTINCT string_agg(version::text, ',' ORDER BY version) AS versions FROM "TenantSecret"
        WHERE "tenantId" = $1 AND name <> 'admin-password' GROUP BY backend`,
      [tenant.id],
    )
  ).rows.map((it) => it.versions);

let clients: SteadyClients;
let first: Connected;
let second: Connected;

test('a client at each backend writes and reads all through a rotation, and fails not once', async () => {
  first = await connect();
  // By an administrator, or the tenant's plan.
  await withPostgres(installation.info.postgres.url, (client) =>
    client.query(
      `ALTER ROLE "${first.postgres['username']}" CONNECTION LIMIT 7; ALTER ROLE "${first.postgres['username']}" SET work_mem = '5MB'`,
    ),
  );
  clients = await startSteadyClients(first);
  try {
    expect(await rotated()).toMatchObject({ status: 'active', operation: { kind: 'rotate', state: 'done' } });
    second = await connect();
    expect(Object.values(second).map((it) => it['previousUntil'])).toEqual(Array(4).fill(expect.stringMatching(/Z$/)));
    expect(second.postgres['username']).not.toBe(first.postgres['username']);
    // Both work, to the end of the overlap.
    expect([await answersTo(first), await answersTo(second)]).toEqual([IN, IN]);
    expect(await secretVersions()).toEqual(['1,2']);
    await clients.switchTo(second);
    await endOverlap();
    await retiredBy('retire');
    const before = { ...clients.counts };
    await until('all have gone on after that', async () =>
      BACKEND_KINDS.every((kind) => clients.counts[kind] > before[kind] + 3),
    );
  } finally {
    await clients.stop();
  }
  expect(clients.failures).toEqual([]);
  expect(Math.min(...Object.values(clients.counts))).toBeGreaterThan(10);
});

test('the old credentials are refused then, their secrets are gone, and the new ones work', async () => {
  expect(await answersTo(first)).toEqual(REFUSED);
  expect(await answersTo(second)).toEqual(IN);
  expect(await versions()).toEqual([{ credential: 2, retiring: [], nextCredential: null }]);
  expect(await secretVersions()).toEqual(['2']);
  expect((await connect()).postgres['previousUntil']).toBeUndefined();
  const log = (await logOf(installation, tenant.id)).filter((it) => it.step.endsWith('.retire'));
  expect(log.map((it) => it.message)).toEqual(
    Array(4).fill(expect.stringMatching(/^version 1 of the credential of .* ended, and refused; version 2 works$/)),
  );
});

test('what was set for the old login holds for the new one, and what it makes belongs to the same role', async () => {
  const own = await withPostgres(second.postgres['url'] ?? '', (client) =>
    client.query(`SELECT current_user AS role, current_setting('work_mem') AS memory, current_setting('search_path') AS path,
                         (SELECT rolconnlimit FROM pg_roles WHERE rolname = session_user) AS limit,
                         (SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables WHERE schemaname = 'app') AS owners`),
  );
  const role = `freeflow_${tenant.name}_app`;
  expect(own.rows).toEqual([{ role, memory: '5MB', path: 'app', limit: 7, owners: role }]);
});

test('at one backend alone, and at once: sessions by the old ones are ended by the same operation', async () => {
  const before = await connect();
  clients = await startSteadyClients(before);
  try {
    const args = ['tenants', 'rotate', tenant.name, '--backend', 'postgres', '--now'];
    const { code, stdout, stderr } = await freeflowHere(args, envOf(installation));
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('failed') });
    expect(stdout).toContain('Those before were ended, and are refused.');
    await until('its client is refused', async () => clients.failures.length > 0);
  } finally {
    await clients.stop();
  }
  expect(new Set(clients.failures.map((it) => it.split(' ')[0]))).toEqual(new Set(['postgres']));
  expect(await answersTo(before)).toEqual({ ...IN, postgres: '28P01' });
  expect(await answersTo(await connect())).toEqual(IN);
});

test('while an overlap is open suspend cuts both, and resume gives both back', async () => {
  const before = await connect();
  await rotated({ overlapSeconds: 3_600 });
  const after = await connect();
  await change(installation, tenant.id, 'suspend');
  for (const it of [before, after])
    expect(Object.values(await answersTo(it)).filter((answer) => answer === 'in')).toEqual([]);
  await change(installation, tenant.id, 'resume');
  expect([await answersTo(before), await answersTo(after)]).toEqual([IN, IN]);
});

test('a second rotation that would prolong that is refused; one at once ends all that are old', async () => {
  const before = await connect();
  expect(await rotate({ overlapSeconds: 60 })).toMatchObject({ status: 409, body: { code: 'overlap-open' } });
  await rotated({ overlapSeconds: 0 });
  expect(await answersTo(before)).toEqual(REFUSED);
  expect(await answersTo(await connect())).toEqual(IN);
});

test('what is over when a tenant is resumed stays cut, and is ended by the next sweep', async () => {
  const before = await connect();
  await rotated({ overlapSeconds: 3_600 });
  await change(installation, tenant.id, 'delete');
  await endOverlap();
  await change(installation, tenant.id, 'restore');
  expect(Object.values(await answersTo(before)).filter((answer) => answer === 'in')).toEqual([]);
  expect(await answersTo(await connect())).toEqual(IN);
  await retiredBy('retire');
  expect(await answersTo(before)).toEqual(REFUSED);
});

test('an end of old credentials that is parked keeps nobody from cutting the tenant off; they stay cut after it', async () => {
  const before = await connect();
  await rotated({ overlapSeconds: 3_600 });
  const after = await connect();
  installation.proxies.qdrant.shut();
  await endOverlap();
  await untilParkedAt(installation, tenant.id, 'qdrant.retire');
  expect(await installation.request('POST', `/tenants/${tenant.id}/suspend`)).toMatchObject({ status: 202 });
  // Cut off where it can be, while that server is still away.
  await untilParkedAt(installation, tenant.id, 'qdrant.disable');
  for (const it of [before, after])
    expect(await answersTo(it)).not.toMatchObject({ postgres: 'in', mongodb: 'in', keycloak: 'in' });
  installation.proxies.qdrant.open();
  await installation.request('POST', `/tenants/${tenant.id}/retry`);
  expect(await operationEnds(installation, tenant.id)).toMatchObject({
    status: 'suspended',
    operation: { kind: 'suspend', state: 'done' },
  });
  const { body } = await installation.request('GET', `/tenants/${tenant.id}/operations?limit=2`);
  expect(body).toMatchObject({
    items: [
      { kind: 'suspend' },
      { kind: 'retire', state: 'incomplete', step: 'qdrant.retire', cause: expect.stringContaining('by a suspend') },
    ],
  });
  await change(installation, tenant.id, 'resume');
  expect(Object.values(await answersTo(before)).filter((it) => it === 'in')).toEqual([]);
  expect(await answersTo(after)).toEqual(IN);
  await retiredBy('retire');
  expect(await answersTo(before)).toEqual(REFUSED);
});

test('aborted while a backend is away, a rotation leaves nothing of the new credentials, and the old ones as they were', async () => {
  const before = await connect();
  const seen = await observeFromOutside(installation.info, tenant.name);
  installation.proxies.qdrant.shut();
  await rotate();
  await abortWhenParked(installation, tenant.id);
  installation.proxies.qdrant.open();
  expect(await operationEnds(installation, tenant.id)).toMatchObject({ operation: { state: 'rolled_back' } });
  expect(await connect()).toEqual(before);
  expect(await answersTo(before)).toEqual(IN);
  expect(await observeFromOutside(installation.info, tenant.name)).toEqual(seen);
  expect(new Set((await versions()).map((it) => it.nextCredential))).toEqual(new Set([null]));
});

test('what is old enough is rotated by itself, and ended after the overlap that is configured', async () => {
  const before = await connect();
  await installation.master.query(
    `UPDATE "TenantResource" SET "rotatedAt" = now() - interval '2 hours' WHERE "tenantId" = $1`,
    [tenant.id],
  );
  const port = String(await freePort());
  const scheduled = await installation.startWorker({
    ROTATE_EVERY: '1h',
    ROTATE_OVERLAP: '3h',
    WORKER_HEALTH_PORT: port,
  });
  await until('a schedule has rotated them', async () => {
    const { body } = await installation.request('GET', `/tenants/${tenant.id}/operations?limit=20`);
    const { items } = body as { items: { kind: string; state: string; requestedBy: string }[] };
    return items.some((it) => it.kind === 'rotate' && it.requestedBy === 'schedule' && it.state === 'done');
  });
  await scheduled.stop();
  expect([await answersTo(before), await answersTo(await connect())]).toEqual([IN, IN]);
  const inHours = (Date.parse((await connect()).postgres['previousUntil'] ?? '') - Date.now()) / 3_600_000;
  expect(Math.round(inHours)).toBe(3);
  await endOverlap();
  await retiredBy('retire');
  expect(await answersTo(before)).toEqual(REFUSED);
  expect(await answersTo(await connect())).toEqual(IN);
});

test('what nobody has made by a rotation is found as drift', async () => {
  const realm = `freeflow-${tenant.name}`;
  const known = (await connect()).keycloak['clientId'];
  const other = ['freeflow-app-a', 'freeflow-app-b', 'freeflow-app-c'].find((it) => it !== known);
  await asKeycloakAdmin(installation.info, 'POST', `/admin/realms/${realm}/clients`, { clientId: other, secret: 'x' });
  const { findings } = await reconcileIn(installation, false);
  const report = findings.filter((it) => it.tenantId === tenant.id).map((it) => it.what);
  const role = (await connect()).postgres['username'];
  expect(report.toSorted()).toEqual([
    `client ${other} is enabled, and belongs to no credential of the ledger`,
    `${role} may have 7 connections, not 50`,
  ]);
});

test('a deletion while an overlap is open leaves nothing', async () => {
  await rotated({ backend: 'postgres', overlapSeconds: 3_600 });
  await rotated({ backend: 'mongodb', overlapSeconds: 3_600 });
  expect(await deleteTenant(installation, tenant.id)).toMatchObject({ operation: { state: 'done' } });
  expect(await observeFromOutside(installation.info, tenant.name)).toEqual(NOTHING);
});
