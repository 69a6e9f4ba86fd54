import { SCHEDULE, tenantNames } from '@freeflow/contract';
import { newName, openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { acceptDueRotations } from './due-rotations';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterEach(async () => {
  await endAll();
  await harness.db.tenant.updateMany({ data: { goneAt: new Date(), status: 'deleted' } });
});
afterAll(() => harness.close());

const DAY_MS = 86_400_000;
const EVERY_90_DAYS = { everyMs: 90 * DAY_MS, overlapS: 3_600 };

interface Stood {
  /** How old its credential is. */
  days?: number;
  triedHours?: number;
  overlapOverHours?: number;
  retireInHours?: number;
  status?: 'active' | 'suspended';
}

/** An active tenant, of which nothing exists at any backend. */
async function stand({ days = 1, triedHours, overlapOverHours, retireInHours, status = 'active' }: Stood) {
  const name = newName();
  const { id } = await harness.db.tenant.create({ data: { name, ...tenantNames(name), status } });
  const ago = (ms: number) => new Date(Date.now() - ms);
  await harness.db.tenantResource.create({
    data: {
      tenantId: id,
      kind: 'postgres',
      name,
      nonce: id,
      state: status === 'active' ? 'present' : 'disabled',
      createdAt: ago(400 * DAY_MS),
      rotatedAt: ago(days * DAY_MS),
      ...(triedHours === undefined ? {} : { rotationTriedAt: ago((triedHours * DAY_MS) / 24) }),
      ...(overlapOverHours === undefined
        ? {}
        : { retiring: [1], credential: 2, overlapUntil: ago((overlapOverHours * DAY_MS) / 24) }),
      ...(retireInHours === undefined ? {} : { retireAfter: ago((-retireInHours * DAY_MS) / 24) }),
    },
  });
  return id;
}

const sweep = () => acceptDueRotations(harness.db, EVERY_90_DAYS);
const accepted = async (kind: 'rotate' | 'retire') =>
  (await harness.db.tenantOperation.findMany({ where: { kind, requestedBy: SCHEDULE, tenant: { goneAt: null } } })).map(
    (it) => it.tenantId,
  );
/** They have failed, and are over. */
const endAll = () =>
  harness.db.tenantOperation.updateMany({
    where: { endedAt: null },
    data: { state: 'rolled_back', endedAt: new Date() },
  });

test('what is old enough is rotated, with the overlap that is configured; what is cut off, or has an overlap open, is not', async () => {
  const old = await stand({ days: 91 });
  await stand({ days: 89 });
  await stand({ days: 91, status: 'suspended' });
  await stand({ days: 91, overlapOverHours: -1 });
  await sweep();
  expect(await harness.db.tenantOperation.findMany()).toMatchObject([
    { tenantId: old, kind: 'rotate', requestedBy: SCHEDULE, overlapS: 3_600, onlyAt: null },
  ]);
  // Accepted once.
  await sweep();
  expect(await accepted('rotate')).toEqual([old]);
});

test('those that always fail keep no other waiting: who was not tried yet comes first, and they again in six hours', async () => {
  const failing = await Promise.all(Array.from({ length: 20 }, () => stand({ days: 200, triedHours: 7 })));
  const recent = await stand({ days: 200, triedHours: 5 });
  const fresh = await stand({ days: 91 });
  await sweep();
  const first = await accepted('rotate');
  expect(first).toHaveLength(20);
  expect(first).toContain(fresh);
  await endAll();
  await sweep();
  expect(new Set(await accepted('rotate'))).toEqual(new Set([...failing, fresh]));
  expect(await accepted('rotate')).not.toContain(recent);
});

test('a hundred at most are in progress at a time; one that has stood for six hours keeps no other waiting', async () => {
  await Promise.all(Array.from({ length: 121 }, () => stand({ days: 91 })));
  for (let turn = 0; turn < 7; turn++) await sweep();
  expect(await accepted('rotate')).toHaveLength(100);
  const [one] = await harness.db.tenantOperation.findMany({ where: { endedAt: null }, take: 1 });
  await harness.db.tenantOperation.update({
    where: { id: one?.id ?? '' },
    data: { state: 'parked', createdAt: new Date(Date.now() - 7 * 3_600_000) },
  });
  await sweep();
  expect(await accepted('rotate')).toHaveLength(101);
});

test('old credentials are ended once their time is over, and what was put off not before', async () => {
  const over = await stand({ overlapOverHours: 1 });
  await stand({ overlapOverHours: -1 });
  await stand({ overlapOverHours: 1, status: 'suspended' });
  const putOff = await stand({ overlapOverHours: 2, retireInHours: 1 });
  await sweep();
  expect(await accepted('retire')).toEqual([over]);
  await harness.db.tenantResource.updateMany({ where: { tenantId: putOff }, data: { retireAfter: new Date() } });
  await sweep();
  expect(new Set(await accepted('retire'))).toEqual(new Set([over, putOff]));
});
