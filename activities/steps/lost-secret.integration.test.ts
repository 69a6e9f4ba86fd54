import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { backendOf, entryOf, lastMessageOf, target } from '../../test/field/bench';
import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { findCredential, rotatedName } from '../credentials';

// One tenant, from rotation to rotation: the tests go on where the one before has left it.
type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;
let harness: ActivityHarness;
let tenant: Tenant;
beforeAll(async () => {
  harness = await openActivityHarness();
  tenant = await harness.newTenant();
  await atEach((kind) => harness.run(`${kind}.create`, tenant));
  await atEach((kind) => harness.run(`${kind}.issue`, tenant));
  await harness.run('switch-credentials', tenant);
  await atEach((kind) => harness.run(`${kind}.retire`, tenant));
});
afterAll(async () => {
  await newRotation();
  await atEach((kind) => harness.run(`${kind}.drop`, tenant));
  await harness.close();
});

const atEach = <T>(work: (kind: BackendKind) => Promise<T>): Promise<T[]> => Promise.all(BACKEND_KINDS.map(work));

/** What a rotation has given to an application. */
const credential = (kind: BackendKind, version: number) =>
  findCredential(
    createSecretStore(harness.db, readSecretKeys(harness.info.secretsKey)),
    { tenantId: tenant.tenantId, backend: backendOf(harness, kind) },
    version,
  );

/** Takes the secret of a version away. @returns how to bring it back */
async function lose(version: number): Promise<() => Promise<unknown>> {
  const where = {
    tenantId: tenant.tenantId,
    version,
    name: { in: BACKEND_KINDS.map((kind) => rotatedName({ kind })) },
  };
  const data = await harness.db.tenantSecret.findMany({ where });
  expect(data).toHaveLength(BACKEND_KINDS.length);
  await harness.db.tenantSecret.deleteMany({ where });
  return () => harness.db.tenantSecret.createMany({ data });
}

async function isRefused(kind: BackendKind, version: number, secrets: Awaited<ReturnType<typeof credential>>) {
  const at = { ...(await target(harness, tenant, kind)), credential: version };
  await backendOf(harness, kind).assertRefused(at, secrets);
}

/** A rotation marks what it has handed out: each is an operation of its own. */
async function newRotation(): Promise<void> {
  const { tenantId, runId } = tenant;
  await harness.db.tenantOperation.updateMany({
    where: { tenantId, endedAt: null },
    data: { state: 'done', endedAt: new Date() },
  });
  const { id } = await harness.db.tenantOperation.create({
    data: { tenantId, kind: 'rotate', state: 'running', requestedBy: 'test', runId, overlapS: 0 },
  });
  tenant = { ...tenant, operationId: id };
}

const versionsOf = async () =>
  (await atEach((kind) => entryOf(harness, tenant, kind))).map(({ credential: has, nextCredential, retiring }) => ({
    has,
    nextCredential,
    retiring,
  }));

test('access is cut by a tenant whose secret is lost, which the log says', async () => {
  const handedOut = await atEach((kind) => credential(kind, 2));
  const bringBack = await lose(2);
  await atEach((kind) => harness.run(`${kind}.disable`, tenant));
  for (const [at, kind] of BACKEND_KINDS.entries()) {
    await backendOf(harness, kind).assertLockedOut(await target(harness, tenant, kind), handedOut[at] ?? {});
    expect(await lastMessageOf(harness, tenant, `${kind}.disable`)).toMatch(
      /cut;.* version 2 is refused was not tried, since its secret can't be read \(it is not stored any more\)/,
    );
  }
  expect((await atEach((kind) => entryOf(harness, tenant, kind))).map(({ state }) => state)).toEqual(
    BACKEND_KINDS.map(() => 'disabled'),
  );
  await bringBack();
  await atEach((kind) => harness.run(`${kind}.enable`, tenant));
});

test('a rotation replaces a credential whose secret is lost, and ends it', async () => {
  const handedOut = await atEach((kind) => credential(kind, 2));
  await lose(2);
  await newRotation();
  await atEach((kind) => harness.run(`${kind}.issue`, tenant));
  await harness.run('switch-credentials', tenant);
  await atEach((kind) => harness.run(`${kind}.retire`, tenant));
  for (const [at, kind] of BACKEND_KINDS.entries()) await isRefused(kind, 2, handedOut[at] ?? {});
  expect(await versionsOf()).toEqual(BACKEND_KINDS.map(() => ({ has: 3, nextCredential: null, retiring: [] })));
});

test('one that was being made is withdrawn without its secret; its number is never used again', async () => {
  await newRotation();
  await atEach((kind) => harness.run(`${kind}.issue`, tenant));
  const made = await atEach((kind) => credential(kind, 4));
  await lose(4);
  await atEach((kind) => harness.run(`${kind}.withdraw`, tenant));
  for (const [at, kind] of BACKEND_KINDS.entries()) await isRefused(kind, 4, made[at] ?? {});
  await atEach((kind) => harness.run(`${kind}.issue`, tenant));
  expect(await versionsOf()).toEqual(BACKEND_KINDS.map(() => ({ has: 3, nextCredential: 5, retiring: [] })));
  await atEach((kind) => harness.run(`${kind}.withdraw`, tenant));
  await atEach((kind) => harness.run(`${kind}.issue`, tenant));
  // The sixth has the login of the third, which is handed out.
  expect(await versionsOf()).toEqual(BACKEND_KINDS.map(() => ({ has: 3, nextCredential: 7, retiring: [] })));
});

test('what is ended later, since on-call has skipped it, is valid for no longer', async () => {
  await harness.run('switch-credentials', tenant);
  const before = await entryOf(harness, tenant, 'qdrant');
  await harness.run('end-rotation', tenant, {}, { skipped: { 'qdrant.retire': 'away' } });
  const after = await entryOf(harness, tenant, 'qdrant');
  expect(after).toMatchObject({ retiring: [3], overlapUntil: before.overlapUntil });
  expect((after.retireAfter?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
});
