import { randomUUID } from 'node:crypto';
import { readStackInfo } from '../../stack/stack-info';
import { newName } from '../support/activity-harness';
import { openApiBench, type ApiBench } from '../support/api-bench';
import { freeflow } from '../support/freeflow';
import { TEST_STACK } from '../support/master';
import { startProxy, type TcpProxy } from '../support/tcp-proxy';
import { terminateRuns } from '../support/temporal';

/** After this time the command line gives a request up. */
const CLI_WAITS_MS = 15_000;

let temporal: TcpProxy;
let harness: ApiBench;

beforeAll(async () => {
  const [host = '', port] = readStackInfo(TEST_STACK).temporal.address.split(':');
  temporal = await startProxy(host, Number(port));
  harness = await openApiBench({ TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}` });
});
afterAll(async () => {
  temporal.trouble();
  await terminateRuns(harness.operator, harness.taskQueue);
  await harness.close();
  await temporal.close();
});
beforeEach(async () => {
  temporal.trouble();
  await harness.owner.query('TRUNCATE "Tenant" CASCADE');
});

interface StuckList {
  items: { id: string; name: string; why: string; advice: string | null }[];
  isComplete: boolean;
  notShown: number;
  notAsked: number;
}
const stuck = async (query = ''): Promise<StuckList> => {
  const answer = await fetch(`${harness.url}/tenants/stuck${query}`, {
    headers: { authorization: `Bearer ${await harness.issuer.token()}` },
    signal: AbortSignal.timeout(CLI_WAITS_MS),
  });
  return (await answer.json()) as StuckList;
};
const cli = async (...args: string[]) =>
  freeflow(['tenants', ...args], {
    FREEFLOW_API_URL: harness.url,
    FREEFLOW_TOKEN: await harness.issuer.token(),
    FREEFLOW_STACK_DIR: '/nonexistent',
  });

interface Row {
  state?: string;
  status?: string;
  age?: string;
  updated?: string;
  purgeAge?: string;
  hold?: string;
  ended?: boolean;
}

/** As the workflow writes it, an hour ago by the clock of this process. */
const park = (step: string) => ({
  step,
  parkId: 1,
  cause: 'qdrant: away',
  advice: 'Check the server.',
  since: new Date(Date.now() - 3_600_000).toISOString(),
});

/** A tenant with an operation, as they stand in the master database; ages by its clock. Gives the tenant's name. */
async function stand({
  state = 'running',
  status = 'provisioning',
  age = '1 hour',
  updated = age,
  purgeAge,
  hold,
  ended = false,
}: Row = {}): Promise<string> {
  const [id, name] = [randomUUID(), newName('s')];
  await harness.owner.query(
    `INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status, "purgeAt", "holdUntil")
     VALUES ($1, $2, $2, $2, $2, $2, $3::"TenantStatus", now() - $4::interval, now() + $5::interval)`,
    [id, name, status, purgeAge ?? null, hold ?? null],
  );
  await harness.owner.query(
    `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, step, cause, advice, parked, "requestedBy", "createdAt", "updatedAt", "endedAt")
     VALUES (gen_random_uuid(), $1, 'create', $2::"OperationState", 'qdrant.create', 'qdrant: away', 'Check the server.', $6, 'somebody', now() - $3::interval, now() - $4::interval, CASE WHEN $5 THEN now() END)`,
    [
      id,
      ended ? 'done' : state,
      age,
      updated,
      ended,
      state === 'parked' ? JSON.stringify([park('qdrant.create')]) : null,
    ],
  );
  return name;
}

/** Many operations that are older than all others, and well. */
async function standMany(count: number): Promise<void> {
  await harness.owner.query(
    `WITH t AS (INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection")
                SELECT gen_random_uuid(), 'm' || n, 'm', 'm', 'm', 'm' FROM generate_series(100, 99 + $1::int) n RETURNING id)
     INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "requestedBy", "createdAt", "updatedAt")
     SELECT gen_random_uuid(), id, 'create', 'running', 'somebody', now() - interval '1 day', now() - interval '1 day' FROM t`,
    [count],
  );
}

test('behind 2,000 operations that are older and well, with Temporal away, what is parked is listed all the same, before the command line gives up', async () => {
  await standMany(2_000);
  const name = await stand({ state: 'parked' });
  temporal.trouble({ kind: 'black-hole' });
  expect(await stuck()).toMatchObject({
    items: [{ name, why: 'parked', advice: 'Check the server.' }],
    isComplete: false,
    notShown: 0,
    notAsked: 2_000,
  });
});

test('the command line shows it, says what is not known, and ends with 3', async () => {
  await standMany(30);
  const name = await stand({ state: 'parked' });
  temporal.shut();
  try {
    expect(await cli('stuck')).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(new RegExp(`^${name} +create +qdrant\\.create +0 +1 h +qdrant: away`, 'm')),
      stderr: expect.stringMatching(/30 operations in progress.*may not be all/),
    });
    await harness.owner.query(`UPDATE "TenantOperation" SET state = 'done', "endedAt" = now() WHERE state = 'parked'`);
    expect(await cli('stuck')).toMatchObject({
      code: 0,
      stdout: 'Nothing stuck was found.\n',
      stderr: expect.stringContaining('may not be all'),
    });
  } finally {
    temporal.open();
  }
});

test('more than are shown are counted, and never reported as all', async () => {
  const oldest = await stand({ state: 'parked', age: '3 hours' });
  await stand({ state: 'parked', age: '2 hours' });
  await stand({ state: 'requested' });
  expect(await stuck('?limit=1')).toMatchObject({
    items: [{ name: oldest }],
    isComplete: false,
    notShown: 2,
    notAsked: 0,
  });
  expect(await stuck('?limit=3')).toMatchObject({ isComplete: true, notShown: 0 });
  expect(await harness.request('GET', '/tenants/stuck?limit=0')).toMatchObject({
    status: 400,
    body: { errors: [{ parameter: 'limit' }] },
  });
});

test('what nothing has begun is listed, whether Temporal answers or not; what was accepted a moment ago is not', async () => {
  const name = await stand({ state: 'requested' });
  await stand({ state: 'requested', age: '0 s' });
  expect(await stuck()).toMatchObject({
    items: [{ name, why: 'not-started', advice: expect.stringContaining('doctor') }],
    isComplete: true,
  });
  temporal.trouble({ kind: 'black-hole' });
  expect(await stuck()).toMatchObject({ items: [{ name, why: 'not-started' }], notAsked: 0 });
});

test('a forced deletion that waits until what it has interrupted is undone is not listed for itself, whether Temporal answers or not', async () => {
  const name = await stand({ state: 'parked' });
  await harness.owner.query(
    `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, force, "requestedBy", "createdAt")
     SELECT gen_random_uuid(), id, 'hard_delete', 'requested', true, 'somebody', now() - interval '1 hour' FROM "Tenant" WHERE name = $1`,
    [name],
  );
  expect((await stuck()).items).toMatchObject([{ name, why: 'run-gone' }]);
  temporal.trouble({ kind: 'black-hole' });
  expect((await stuck()).items).toMatchObject([{ name, why: 'parked' }]);
});

test('a run that is gone is found also where a clock ahead of the master database has written the row', async () => {
  const name = await stand({ age: '-1 hour' });
  expect(await stuck()).toMatchObject({ items: [{ name, why: 'run-gone' }], isComplete: true });
});

test('a purge that nothing sees to is listed, with what to do; one that is held, protected, just due or in progress is not', async () => {
  const deleted = { status: 'deleted', ended: true };
  const name = await stand({ ...deleted, purgeAge: '1 hour' });
  await stand({ ...deleted, purgeAge: '1 hour', hold: '1 day' });
  await stand({ ...deleted, purgeAge: '1 hour', hold: '-1 s' });
  const kept = await stand({ ...deleted, purgeAge: '1 hour' });
  await harness.owner.query('UPDATE "Tenant" SET "deletionProtected" = true WHERE name = $1', [kept]);
  await stand({ ...deleted, purgeAge: '5 s' });
  await stand({ ...deleted, purgeAge: '-1 day' });
  await stand({ status: 'deleted', state: 'requested', age: '1 s', purgeAge: '1 hour' });
  temporal.trouble({ kind: 'black-hole' });
  expect(await stuck()).toMatchObject({
    items: [{ name, why: 'overdue-purge', advice: expect.stringMatching(/schedule.*paused/) }],
    isComplete: true,
  });
  const told = await cli('stuck');
  expect(told).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(new RegExp(`^${name} +purge +- +0 +1 h +its data is due`, 'm')),
  });
  expect(told.stdout).not.toContain('retry --all');
});

test('old credentials that nothing ends are listed, with what to do; those put off, cut off, just due or in progress are not', async () => {
  const active = { status: 'active', ended: true };
  const overlaps = (name: string, over: string, more: { state?: string; putOff?: string } = {}) =>
    harness.owner.query(
      `INSERT INTO "TenantResource" (id, "tenantId", kind, name, state, nonce, "updatedAt", credential, retiring, "overlapUntil", "retireAfter")
       SELECT gen_random_uuid(), id, kind, name, $3::"ResourceState", gen_random_uuid(), now(), 2, '{1}', now() - $2::interval, now() + $4::interval
         FROM "Tenant", unnest('{postgres,qdrant}'::"BackendKind"[]) kind WHERE name = $1`,
      [name, over, more.state ?? 'present', more.putOff ?? null],
    );
  const name = await stand(active);
  await overlaps(name, '1 hour');
  await overlaps(await stand(active), '1 hour', { putOff: '10 min' });
  await overlaps(await stand({ status: 'suspended', ended: true }), '1 hour', { state: 'disabled' });
  await overlaps(await stand(active), '5 s');
  await overlaps(await stand(active), '-1 day');
  await overlaps(await stand({ status: 'active', state: 'requested', age: '1 s' }), '1 hour');
  temporal.trouble({ kind: 'black-hole' });
  expect(await stuck()).toMatchObject({
    items: [{ name, why: 'overdue-retire', advice: expect.stringMatching(/schedule.*paused/) }],
    isComplete: true,
  });
  const told = await cli('stuck');
  expect(told).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(new RegExp(`^${name} +retire +- +0 +- +old credentials are due to be ended`, 'm')),
  });
  expect(told.stdout).toContain('tenants rotate NAME --now');
});

test('all that is stuck is answered without waiting for a Temporal that is away; under the same key it is done once Temporal is back', async () => {
  const names = await Promise.all(Array.from({ length: 12 }, () => stand({ state: 'requested' })));
  const headers = { 'idempotency-key': randomUUID() };
  const ask = async () => {
    const { status, body } = await harness.request('POST', '/tenants/retry', { body: {}, headers });
    return {
      status,
      isComplete: body['isComplete'],
      results: new Map((body['items'] as { name: string; result: string }[]).map((it) => [it.name, it.result])),
    };
  };
  temporal.trouble({ kind: 'black-hole' });
  const all = (result: string) => ({
    status: 202,
    isComplete: true,
    results: new Map(names.map((name) => [name, result])),
  });
  expect(await ask()).toEqual(all('orchestrator-unavailable'));
  temporal.trouble();
  expect(await ask()).toEqual(all('retried'));
  // Since then it stands: the same answer, although other things are stuck by now.
  await stand({ state: 'requested' });
  expect(await ask()).toEqual(all('retried'));
});

test('a step is meant by its whole name, also where several are parked at a time', async () => {
  await stand({ state: 'parked' });
  await harness.owner.query(
    `UPDATE "TenantOperation" SET step = 'mongodb.create', cause = 'mongodb.create: away; qdrant.create: away; keycloak.create: away', parked = $1`,
    [JSON.stringify([park('mongodb.create'), park('qdrant.create')])],
  );
  const at = async (step: string) =>
    ((await harness.request('POST', '/tenants/retry', { body: { step } })).body['items'] as unknown[]).length;
  expect([
    await at('qdrant.create'),
    await at('mongodb.create'),
    await at('q_rant.create'),
    await at('%'),
    await at('rant.create'),
    // It stands in the text of the cause only.
    await at('keycloak.create'),
  ]).toEqual([1, 1, 0, 0, 0, 0]);
});
