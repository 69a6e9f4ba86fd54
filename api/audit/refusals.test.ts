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
  channel: 'api',
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
] as const)('one %s is a row of its own', async (_what, more) => {
  await addMany(2, () => refusal());
  await refusals.add(refusal(more));
  expect(written).toEqual([refusal(), refusal(more)]);
});

test('one about another tenant is a row of its own, unless nobody has looked whether that is there', async () => {
  const conflict = (tenantId: string) => refusal({ actor: 'me', status: 409, tenantId });
  await addMany(2, (at) => conflict(`tenant-${at}`));
  expect(written).toEqual([conflict('tenant-0'), conflict('tenant-1')]);
  const forbidden = (tenantId: string) => refusal({ actor: 'me', status: 403, tenantId });
  await addMany(100, (at) => forbidden(`tenant-${at}`));
  await refusals.flush();
  expect(written.slice(2)).toEqual([
    forbidden('tenant-0'),
    refusal({ actor: 'me', status: 403, count: 99, windowSeconds: WINDOW_S }),
  ]);
});

const countAll = () => written.reduce((sum, { count = 1 }) => sum + count, 0);
const addressOf = (at: number) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
const ACTIONS = Array.from({ length: 25 }, (_, at) => `action-${at}` as AuditRow['action']);

test('a flood from everywhere adds a bounded number of rows, and each refusal is counted once', async () => {
  const sent = 50_000;
  await addMany(sent, (at) => refusal({ address: addressOf(at) }));
  await refusals.flush();
  expect(written).toHaveLength(101);
  expect(countAll()).toBe(sent);
  const last = written.at(-1);
  expect(last).toMatchObject({ count: sent - 100, windowSeconds: WINDOW_S });
  expect(last?.detail).toEqual({ from: 'many sources', kinds: { 'tenants.list 401': sent - 100 } });
  expect(last?.address).toBeUndefined();
});

test('who sends all kinds there are uses up what is his: the rest of his is one row, with his address', async () => {
  const sent = 250;
  await addMany(sent, (at) => refusal({ action: ACTIONS[at % ACTIONS.length] ?? 'tenants.list' }));
  await refusals.add(refusal({ address: '10.0.0.2' }));
  expect(written.at(-1)).toEqual(refusal({ address: '10.0.0.2' }));
  await refusals.flush();
  expect(written).toHaveLength(10 + 1 + 10 + 1);
  expect(countAll()).toBe(sent + 1);
  const together = written.find(({ detail }) => detail !== undefined);
  expect(together).toMatchObject({ address: '10.0.0.1', count: 150, detail: { from: 'one source' } });
  expect(Object.values(together?.detail?.['kinds'] ?? {})).toEqual(Array<number>(15).fill(10));
});

test('whom a token names is named, whatever those send whom none does', async () => {
  for (let address = 0; address < 300; address++)
    await addMany(25, (at) => refusal({ address: addressOf(address), action: ACTIONS[at] ?? 'tenants.list' }));
  const protectedOne = refusal({ actor: 'operator', action: 'tenants.delete', status: 409, tenantId: 'acme' });
  await refusals.add(protectedOne);
  expect(written.at(-1)).toEqual(protectedOne);
});

test('nor is he kept from being named by what others with a token are refused', async () => {
  for (let actor = 0; actor < 100; actor++)
    await addMany(100, (at) => refusal({ actor: `other-${actor}`, status: 409, tenantId: `tenant-${at}` }));
  await addMany(3, () => refusal({ actor: 'operator', status: 403 }));
  await refusals.flush();
  expect(written.filter(({ actor }) => actor === 'operator')).toMatchObject([
    { address: '10.0.0.1', count: 3, detail: { from: 'one source', kinds: { 'tenants.list 403': 3 } } },
  ]);
  expect(written.length).toBeLessThan(2_200);
  expect(countAll()).toBe(10_003);
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
