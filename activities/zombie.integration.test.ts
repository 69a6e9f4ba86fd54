import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { ApplicationFailure } from '@temporalio/common';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { endLockSessionOf } from '../test/support/lock-sessions';
import { observeFromOutside, NOTHING } from '../test/support/outside';
import { until } from '../test/support/until';
import { workerBehind } from '../test/support/worker-behind';

const SLOW_MS = 2_500;

let harness: ActivityHarness;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => harness.close());

/**
 * The operation has ended as far as the master database knows, as after a run that was terminated; another one begins.
 */
async function newOperation(tenantId: string, operationId: string) {
  await harness.db.tenantOperation.update({
    where: { id: operationId },
    data: { state: 'refused', endedAt: new Date() },
  });
  const runId = randomUUID();
  const { id } = await harness.db.tenantOperation.create({
    data: { tenantId, kind: 'hard_delete', state: 'running', requestedBy: 'test', runId, force: true },
  });
  return { tenantId, operationId: id, runId };
}

const callOf = async (tenantId: string, kind: BackendKind) =>
  (await harness.db.tenantResource.findUnique({ where: { tenantId_kind: { tenantId, kind } } }))?.callStartedAt ?? null;

const ledgerState = async (tenantId: string, kind: BackendKind) =>
  (await harness.db.tenantResource.findUnique({ where: { tenantId_kind: { tenantId, kind } } }))?.state;

/** As Temporal repeats it: on a busy machine the old one may hold the lock for longer than one attempt waits for it. */
async function runOnceFree(...step: Parameters<typeof harness.run>): Promise<void> {
  await until(`${step[0]} is done`, async () => {
    try {
      await harness.run(...step);
      return true;
    } catch (error) {
      if (error instanceof ApplicationFailure && error.type === 'lock-busy') return false;
      throw error;
    }
  });
}

/** At all backends at once, since most of it is waiting. */
async function atEach(act: (kind: BackendKind) => Promise<void>): Promise<void> {
  const ended = await Promise.allSettled(BACKEND_KINDS.map(act));
  const failed = ended.flatMap((it, at) =>
    it.status === 'rejected' ? [`${BACKEND_KINDS[at] ?? ''}: ${String(it.reason)}`] : [],
  );
  expect(failed).toEqual([]);
}

test('a new operation begins while an old create still works: it waits its turn, and nothing is left', () =>
  atEach(async (kind) => {
    const { worker, proxy, close } = await workerBehind(harness, kind);
    closing.push(close);
    const tenant = await harness.newTenant();
    proxy.stall(SLOW_MS);
    const old = worker.run(`${kind}.create`, tenant).catch((error: unknown) => error);
    await until('the old create is at work', async () => (await ledgerState(tenant.tenantId, kind)) === 'intended');
    const deletion = await newOperation(tenant.tenantId, tenant.operationId);
    await runOnceFree(`${kind}.drop`, deletion);
    await old;
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
  }));

test('an answered call, or a create that finds its own, does not hide an earlier one without an answer: it stays on record, and absence waits for both', () =>
  atEach(async (kind) => {
    const tenant = await harness.newTenant();
    await harness.run(`${kind}.create`, tenant);
    const { nonce, externalId } = await harness.db.tenantResource.findUniqueOrThrow({
      where: { tenantId_kind: { tenantId: tenant.tenantId, kind } },
    });
    const where = { tenantId_kind: { tenantId: tenant.tenantId, kind } };
    const earlier = new Date();
    await harness.db.tenantResource.update({ where, data: { callStartedAt: earlier } });
    // Refused, since it isn't what the ledger says: an answer.
    await harness.db.tenantResource.update({ where, data: { nonce: randomUUID(), externalId: null } });
    await expect(harness.run(`${kind}.create`, tenant)).rejects.toMatchObject({ type: 'foreign-resource' });
    expect((await harness.db.tenantResource.findUniqueOrThrow({ where })).callStartedAt).toEqual(earlier);
    const longAgo = new Date(Date.now() - 3_600_000);
    await harness.db.tenantResource.update({ where, data: { nonce, externalId, callStartedAt: null } });
    await harness.db.tenantResource.update({ where, data: { callStartedAt: longAgo } });
    await harness.run(`${kind}.create`, tenant);
    expect(await harness.db.tenantResource.findUniqueOrThrow({ where })).toMatchObject({
      state: 'present',
      callStartedAt: longAgo,
    });
    await harness.run(`${kind}.drop`, tenant);
  }));

test('an attempt that has lost its lock in the middle of a call writes nothing down any more', () =>
  atEach(async (kind) => {
    const { worker, proxy, close } = await workerBehind(harness, kind);
    closing.push(close);
    const tenant = await harness.newTenant();
    proxy.trouble({ kind: 'delay', ms: 300 });
    const lost = worker.run(`${kind}.create`, tenant).catch((error: unknown) => error);
    await until('the create is at work', async () => (await callOf(tenant.tenantId, kind)) !== null);
    await endLockSessionOf(harness.info, `${tenant.tenantId}/${kind}`);
    expect(await lost).toMatchObject({ type: 'lock-lost' });
    proxy.trouble();
    // Whatever its call has come to by then.
    await delay(SLOW_MS + 1_000);
    expect(await ledgerState(tenant.tenantId, kind)).toBe('intended');
    await harness.run(`${kind}.drop`, tenant);
    expect(await ledgerState(tenant.tenantId, kind)).toBe('absent');
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
  }));

test('an attempt of an old operation that comes late does nothing and reports why', () =>
  atEach(async (kind) => {
    const tenant = await harness.newTenant();
    await newOperation(tenant.tenantId, tenant.operationId);
    await expect(harness.run(`${kind}.create`, tenant)).rejects.toMatchObject({
      type: 'superseded',
      nonRetryable: true,
    });
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
    expect(await ledgerState(tenant.tenantId, kind)).toBeUndefined();
  }));

// Temporal has given it up for dead, as when its worker was frozen, and has the undo done by another one.
test('an attempt of the way forward that comes when its operation is being undone does nothing and reports why; the undo does', () =>
  atEach(async (kind) => {
    const tenant = await harness.newTenant();
    await harness.db.tenantOperation.update({
      where: { id: tenant.operationId },
      data: { state: 'parked', undoing: true },
    });
    await expect(harness.run(`${kind}.create`, tenant, {}, { isForward: true })).rejects.toMatchObject({
      type: 'superseded',
      nonRetryable: true,
    });
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
    expect(await ledgerState(tenant.tenantId, kind)).toBeUndefined();
    await harness.run(`${kind}.drop`, tenant);
  }));
