import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { Prisma } from '@freeflow/db-master';
import { readPlans } from '@freeflow/lib/plans';
import type { QdrantClient } from '@qdrant/js-client-rest';
import { Client } from 'pg';
import { clientFor } from '../backends/qdrant/client';
import { backendOf, entryOf, lastMessageOf, secretsOf, target } from '../test/field/bench';
import { realmOf } from '../test/field/keycloak-bench';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { asKeycloakAdmin, qdrantAsOwner } from '../test/support/outside';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

const PLANS = `plans:
  tiny:
    postgres: { connections: 2, statementTimeout: 300ms, lockTimeout: 200ms, idleInTransactionTimeout: 300ms, tempFiles: 1MB, workMem: 64kB }
    qdrant: { points: 5, upsertBatch: 3, queryLimit: 4, writesPerMinute: 1000, readsPerMinute: 1000 }
    keycloak: { accessToken: 7s, sessionIdle: 2min, sessionMax: 3min, offlineSessionMax: 1d }
  wide:
    postgres: { connections: 4 }
    qdrant: { upsertBatch: 50 }
`;

let folder: string;
let harness: ActivityHarness;
let tenant: Tenant;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-plans-'));
  const file = path.join(folder, 'plans.yaml');
  writeFileSync(file, PLANS);
  harness = await openActivityHarness({ PLANS_FILE: file, QDRANT_VECTOR_SIZE: '2' });
  tenant = await harness.newTenant();
  await harness.db.tenant.update({ where: { id: tenant.tenantId }, data: { plan: 'tiny' } });
  await Promise.all(BACKEND_KINDS.map((kind) => harness.run(`${kind}.create`, tenant)));
});
afterAll(async () => {
  await Promise.all(BACKEND_KINDS.map((kind) => harness.run(`${kind}.drop`, tenant)));
  await harness.close();
  rmSync(folder, { recursive: true });
});

async function connect(): Promise<Client> {
  const { password = '' } = await secretsOf(harness, tenant, 'postgres');
  const url = new URL(harness.info.postgres.url);
  [url.username, url.password, url.pathname] = [
    `freeflow_${tenant.name}_app`,
    encodeURIComponent(password),
    `/freeflow_${tenant.name}`,
  ];
  const client = new Client({ connectionString: url.href });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The SQLSTATE by which it is refused, or nothing. */
async function refusalOf(sql: string): Promise<string | undefined> {
  const client = await connect();
  try {
    await client.query(sql);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await client.end();
  }
}

async function asTenantAtQdrant(): Promise<QdrantClient> {
  const { token = '' } = await secretsOf(harness, tenant, 'qdrant');
  return clientFor(new URL(harness.info.qdrant.url), token);
}

const collection = () => `freeflow_${tenant.name}_vectors`;
const points = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: from + at, vector: [1, at] }));

/** The status of what a client throws; nothing where it is let through. */
const statusOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: { status?: number; name?: string }) => error.status ?? error.name,
  );

async function driftOf(kind: BackendKind): Promise<string[]> {
  const at = { ...(await target(harness, tenant, kind)), plan: planNow };
  const found = await backendOf(harness, kind).findDrift(at, 'present', await secretsOf(harness, tenant, kind));
  return found.map(({ what, repair }) => `${what} (${repair ?? 'a person'})`);
}
const plan = (name: string) => {
  const found = readPlans(path.join(folder, 'plans.yaml')).get(name);
  if (found === undefined) throw new Error(`no plan ${name}`);
  return found;
};
let planNow = {};
beforeAll(() => {
  planNow = plan('tiny');
});

/** Requests another plan for it, as the API would, and runs its steps. */
async function changePlan(to: string | null, verbs: readonly ('limit' | 'relimit')[]): Promise<void> {
  // As the end of the one before would.
  await harness.db.tenantResource.updateMany({
    where: { tenantId: tenant.tenantId },
    data: { limitsBefore: Prisma.DbNull },
  });
  await harness.db.tenantOperation.updateMany({
    where: { tenantId: tenant.tenantId, endedAt: null },
    data: { state: 'done', endedAt: new Date() },
  });
  const { id } = await harness.db.tenantOperation.create({
    data: {
      tenantId: tenant.tenantId,
      kind: 'change_plan',
      plan: to,
      state: 'running',
      requestedBy: 'test',
      runId: tenant.runId,
    },
  });
  tenant = { ...tenant, operationId: id };
  for (const verb of verbs) {
    const ran = await Promise.allSettled(BACKEND_KINDS.map((kind) => harness.run(`${kind}.${verb}`, tenant)));
    // Only once all have ended: one that still writes down its failure would meet what the next test changes.
    const failed = ran.find((it) => it.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

test('PostgreSQL ends what takes longer, idles, waits or spills more than the plan of a tenant allows, and lets no more sessions in', async () => {
  expect(await refusalOf('SELECT pg_sleep(2)')).toBe('57014');
  expect(
    await refusalOf('SELECT count(*) FROM (SELECT random() AS r FROM generate_series(1, 400000) ORDER BY r) x'),
  ).toBe('53400');
  expect(await refusalOf(`SET temp_file_limit = '1TB'`)).toBe('42501');
  const [one, other] = [await connect(), await connect()];
  await expect(connect()).rejects.toMatchObject({ code: '53300' });
  await one.query('CREATE TABLE app.locked (n int)');
  await one.query('BEGIN; LOCK TABLE app.locked');
  await expect(other.query('SELECT FROM app.locked')).rejects.toMatchObject({ code: '55P03' });
  await new Promise<void>((resolve) => void one.once('error', () => resolve()).once('end', () => resolve()));
  await expect(one.query('SELECT 1')).rejects.toThrow(/terminat|not queryable|ended/i);
  await other.end();
});

test('what a tenant sets for its role beyond its plan is drift, which the next setting of limits takes back', async () => {
  expect(await driftOf('postgres')).toEqual([]);
  await refusalOf(`ALTER ROLE CURRENT_USER SET statement_timeout = 0`);
  await refusalOf(`ALTER ROLE CURRENT_USER IN DATABASE freeflow_${tenant.name} SET work_mem = '1GB'`);
  await refusalOf(`ALTER ROLE CURRENT_USER SET lock_timeout = '100ms'`);
  expect(await refusalOf('SELECT pg_sleep(0.4)')).toBeUndefined();
  expect((await driftOf('postgres')).toSorted()).toEqual([
    `freeflow_${tenant.name}_app has set statement_timeout to 0 for itself, beyond its plan (limits)`,
    `freeflow_${tenant.name}_app has set work_mem to 1GB for itself, beyond its plan (limits)`,
  ]);
  await changePlan('tiny', ['limit']);
  expect(await lastMessageOf(harness, tenant, 'postgres.limit')).toContain('had set statement_timeout to 0 for itself');
  expect(await refusalOf('SELECT pg_sleep(2)')).toBe('57014');
  expect(await driftOf('postgres')).toEqual([]);
});

test('Qdrant refuses larger batches and queries, and more points, than the plan of a tenant allows', async () => {
  const own = await asTenantAtQdrant();
  expect(await statusOf(own.upsert(collection(), { wait: true, points: points(1, 4) }))).toBe(400);
  expect(await statusOf(own.query(collection(), { query: [1, 1], limit: 5 }))).toBe(400);
  let answer: unknown;
  // It counts a moment late.
  for (let from = 1; answer === undefined && from < 300; from += 3)
    answer = await statusOf(own.upsert(collection(), { wait: true, points: points(from, 3) }));
  expect(answer).toBe(400);
  expect((await own.getCollection(collection())).points_count).toBeLessThan(290);
  expect(await statusOf(own.updateCollection(collection(), { strict_mode_config: { enabled: false } } as never))).toBe(
    403,
  );
});

test('Keycloak gives out tokens of the time of the plan, and a client that gives out longer ones is drift', async () => {
  const realm = realmOf(harness, tenant);
  const { 'client-secret': secret = '' } = await secretsOf(harness, tenant, 'keycloak');
  const answer = await fetch(`${harness.info.keycloak.url}/realms/${realm.name}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'freeflow-app', client_secret: secret }),
  });
  expect(await answer.json()).toMatchObject({ expires_in: 7 });
  expect(await driftOf('keycloak')).toEqual([]);
  const { attributes = {} } = await realm.client();
  await realm.changeClient({ attributes: { ...attributes, 'access.token.lifespan': '3600' } });
  await realm.change({ ssoSessionMaxLifespan: 36_000 });
  expect(await driftOf('keycloak')).toEqual([
    'ssoSessionMaxLifespan is 36000, by its plan 180 (limits)',
    'access tokens of client freeflow-app are valid for 3600 s, beyond its plan (a person)',
  ]);
  await realm.changeClient({ attributes: { ...attributes, 'access.token.lifespan': '' } });
  await changePlan('tiny', ['limit']);
  expect(await driftOf('keycloak')).toEqual([]);
});

/** Its limits everywhere, as each server has them. */
async function limits() {
  const all = BACKEND_KINDS.map(async (kind) => [
    kind,
    await backendOf(harness, kind).readLimits(await target(harness, tenant, kind)),
  ]);
  return Object.fromEntries(await Promise.all(all)) as Record<BackendKind, object>;
}

test('another plan leaves nothing of the one before, none leaves no limits, and the undo gives back exactly what there was', async () => {
  await refusalOf(`ALTER ROLE CURRENT_USER SET lock_timeout = '50ms'`);
  // By hand, and of no plan.
  await asKeycloakAdmin(harness.info, 'PUT', `/admin/realms/freeflow-${tenant.name}`, {
    ...((await asKeycloakAdmin(harness.info, 'GET', `/admin/realms/freeflow-${tenant.name}`)).body as object),
    accessTokenLifespan: 99,
  });
  const before = await limits();
  await changePlan('wide', ['limit']);
  expect(await limits()).toEqual({
    postgres: expect.objectContaining({ connections: 4, settings: {} }),
    mongodb: {},
    qdrant: { enabled: true, upsert_max_batchsize: 50 },
    keycloak: expect.objectContaining({ accessTokenLifespan: 300, offlineSessionMaxLifespanEnabled: false }),
  });
  expect((await entryOf(harness, tenant, 'keycloak')).limitsBefore).toMatchObject({ accessTokenLifespan: 99 });
  for (const kind of BACKEND_KINDS) await harness.run(`${kind}.limit`, tenant);
  for (const kind of BACKEND_KINDS) await harness.run(`${kind}.relimit`, tenant);
  expect(await limits()).toEqual(before);
  await changePlan(null, ['limit']);
  expect(await limits()).toMatchObject({ postgres: { connections: 50, settings: {} }, qdrant: { enabled: false } });
  const owner = qdrantAsOwner(harness.info);
  await owner.upsert(collection(), { wait: true, points: points(1, 60) });
});

test('a plan that the worker does not know is a failure that may pass, and nothing is changed', async () => {
  const before = await limits();
  await expect(changePlan('gold', ['limit'])).rejects.toMatchObject({ type: 'unknown-plan', nonRetryable: false });
  expect(await limits()).toEqual(before);
});

test('while an overlap is open both logins have the limits of the plan, and both have back what they had', async () => {
  await changePlan('tiny', ['limit']);
  await harness.run('postgres.issue', tenant);
  await harness.run('switch-credentials', tenant);
  const connections = async () => {
    const { rows } = await query(
      `SELECT rolname AS role, rolconnlimit AS limit FROM pg_roles WHERE rolname LIKE 'freeflow_${tenant.name}_%' AND rolcanlogin ORDER BY 1`,
    );
    return rows;
  };
  const logins = (limit: number) => ['app', 'login_c'].map((it) => ({ role: `freeflow_${tenant.name}_${it}`, limit }));
  expect(await connections()).toEqual(logins(2));
  await changePlan('wide', ['limit']);
  expect(await connections()).toEqual(logins(4));
  await harness.run('postgres.relimit', tenant);
  expect(await connections()).toEqual(logins(2));
  await query(`ALTER ROLE "freeflow_${tenant.name}_app" CONNECTION LIMIT 9`);
  expect(await driftOf('postgres')).toEqual([`freeflow_${tenant.name}_app may have 9 connections, not 2 (limits)`]);
});

async function query(sql: string) {
  const admin = new Client({ connectionString: harness.info.postgres.url });
  await admin.connect();
  try {
    return await admin.query(sql);
  } finally {
    await admin.end();
  }
}
