import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { until } from '../test/support/until';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

const LATER = new Date('2999-01-01T00:00:00Z');
const EARLIER = new Date('2026-01-01T00:00:00Z');
const HELD = { holdUntil: LATER, holdReason: 'case 4711' };
const KEPT = { deletionProtected: true };

type Deletion = Awaited<ReturnType<ActivityHarness['newTenant']>>;

/** A deletion that is accepted, and has not begun. */
async function accepted(kind: 'soft_delete' | 'hard_delete' | 'purge'): Promise<Deletion> {
  const deletion = await harness.newTenant(kind);
  const isPurge = kind === 'purge';
  await set(deletion, isPurge ? { status: 'deleted', purgeAt: EARLIER } : { status: 'active' });
  await harness.db.tenantOperation.update({ where: { id: deletion.operationId }, data: { state: 'requested' } });
  return deletion;
}

const set = ({ tenantId }: Deletion, data: Parameters<typeof harness.db.tenant.update>[0]['data']) =>
  harness.db.tenant.update({ where: { id: tenantId }, data });

async function standingOf({ tenantId, operationId }: Deletion) {
  const { status } = await harness.db.tenant.findUniqueOrThrow({ where: { id: tenantId } });
  const operation = await harness.db.tenantOperation.findUniqueOrThrow({ where: { id: operationId } });
  return { status, state: operation.state, cause: operation.cause, advice: operation.advice };
}

test.each([
  ['a hard delete, of what is held', 'hard_delete', HELD, /is on hold until 2999-01-01T00:00:00.000Z: case 4711$/],
  ['a purge, of what is held', 'purge', HELD, /is on hold until/],
  ['a soft delete, of what is protected', 'soft_delete', KEPT, /is protected from deletion$/],
  ['a hard delete, of what is protected', 'hard_delete', KEPT, /is protected from deletion$/],
  ['a purge, of what is protected', 'purge', KEPT, /is protected from deletion$/],
] as const)(
  'set between acceptance and beginning, it refuses %s, and nothing has changed',
  async (_what, kind, data, cause) => {
    const deletion = await accepted(kind);
    await set(deletion, data);
    const { status } = await standingOf(deletion);
    expect(await harness.run('begin', deletion)).toMatchObject({
      verdict: 'refused',
      reason: expect.stringMatching(cause),
    });
    expect(await standingOf(deletion)).toEqual({
      status,
      state: 'refused',
      cause: expect.stringMatching(cause),
      advice: expect.stringMatching(/first (DELETE|PATCH)/),
    });
  },
);

test('a held tenant is soft-deleted all the same: its data stays', async () => {
  const deletion = await accepted('soft_delete');
  await set(deletion, HELD);
  expect(await harness.run('begin', deletion)).toMatchObject({ verdict: 'go', goal: 'deleted' });
});

test('set after the deletion has begun, it stops neither this run nor the next: there is nothing left to protect', async () => {
  const deletion = await accepted('hard_delete');
  expect(await harness.run('begin', deletion)).toMatchObject({ verdict: 'go', goal: 'gone' });
  await set(deletion, { ...HELD, ...KEPT });
  expect(await harness.run('begin', { ...deletion, runId: '6f0e5d1c-2b3a-4c4d-8e5f-607182930a1b' })).toMatchObject({
    verdict: 'go',
  });
});

test('a beginning waits for a hold that is being set, and then is refused by it', async () => {
  const deletion = await accepted('hard_delete');
  let begun: Promise<unknown> | undefined;
  await harness.db.$transaction(async (tx) => {
    await tx.tenant.update({ where: { id: deletion.tenantId }, data: HELD });
    begun = harness.run('begin', deletion);
    await until('it waits for the row', async () => {
      const rows = await harness.db.$queryRaw<unknown[]>`
        SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
      return rows.length > 0;
    });
  });
  expect(await begun).toMatchObject({ verdict: 'refused' });
  expect(await standingOf(deletion)).toMatchObject({ status: 'active', state: 'refused' });
});

test('what a deletion leaves behind is deleted again only if nothing forbids it by then', async () => {
  const deletion = await accepted('hard_delete');
  await set(deletion, { status: 'deleting', ...KEPT });
  expect(await harness.run('begin', deletion)).toMatchObject({ verdict: 'refused' });
  await set(deletion, { deletionProtected: false });
  const again = await harness.db.tenantOperation.create({
    data: { tenantId: deletion.tenantId, kind: 'hard_delete', requestedBy: 'test' },
  });
  expect(await harness.run('begin', { ...deletion, operationId: again.id })).toMatchObject({ verdict: 'go' });
});

test('a create is rolled back whether it is protected or not: it has made no data, and its name is free again', async () => {
  const create = await harness.newTenant('create');
  await set(create, KEPT);
  const rollbackReason = { step: 'keycloak.create', cause: 'aborted by test', advice: 'None.' };
  await harness.run('start-rollback', create, {}, { rollbackReason });
  await harness.run('mark-gone', create, {}, { rollbackReason, skipped: {} });
  expect(await standingOf(create)).toMatchObject({ status: 'deleted', state: 'rolled_back' });
  const { goneAt } = await harness.db.tenant.findUniqueOrThrow({ where: { id: create.tenantId } });
  expect(goneAt).not.toBeNull();
});
