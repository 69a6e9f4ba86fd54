import type { AuditRow } from '@freeflow/db-master';
import { Refusals } from './refusals';

const WINDOW_S = 300;
let written: AuditRow[];
let failures: unknown[];
let isAway: boolean;
let refusals: Refusals;

beforeEach(() => {
  [written, failures, isAway] = [[], [], false];
  refusals = new Refusals(
    WINDOW_S,
    async (row) => {
      if (isAway) throw new Error('the master database is away');
      written.push(row);
    },
    (error) => failures.push(error),
  );
});

const refusal = (more: Partial<AuditRow> = {}): AuditRow => ({
  door: 'api',
  action: 'tenants.list',
  outcome: 'refused',
  status: 401,
  code: 'unauthenticated',
  address: '10.0.0.1',
  ...more,
});
const addMany = async (count: number, row: (at: number) => AuditRow) => {
  for (let at = 0; at < count; at++) await refusals.add(row(at));
};

test('the first is written at once, all that follow are one row with their number and their window', async () => {
  await addMany(1_000, () => refusal());
  expect(written).toEqual([refusal()]);
  await refusals.flush();
  expect(written.slice(1)).toEqual([refusal({ count: 999, windowSeconds: WINDOW_S })]);
  await refusals.flush();
  expect(written).toHaveLength(2);
});

test.each([
  ['by another principal', { actor: 'somebody' }],
  ['from another address', { address: '10.0.0.2' }],
  ['of another action', { action: 'tenants.create' }],
  ['with another status', { status: 403 }],
  ['about another tenant', { tenantId: 'another' }],
] as const)('one %s is a row of its own', async (_what, more) => {
  await addMany(2, () => refusal());
  await refusals.add(refusal(more));
  expect(written).toEqual([refusal(), refusal(more)]);
});

test('a flood from everywhere adds a bounded number of rows, and each refusal is counted once', async () => {
  const sent = 50_000;
  await addMany(sent, (at) => refusal({ address: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}` }));
  await refusals.flush();
  expect(written).toHaveLength(201);
  expect(written.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(sent);
  expect(written.at(-1)).toMatchObject({
    count: sent - 200,
    windowSeconds: WINDOW_S,
    detail: { from: 'many sources' },
  });
  expect(written.at(-1)?.address).toBeUndefined();
});

test('what can not be written down is refused all the same, and is counted once it can', async () => {
  isAway = true;
  await addMany(3, () => refusal());
  await refusals.flush();
  expect([written.length, failures.length]).toEqual([0, 2]);
  isAway = false;
  await refusals.add(refusal());
  await refusals.flush();
  expect(written).toEqual([refusal({ count: 4, windowSeconds: WINDOW_S })]);
});
