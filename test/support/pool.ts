import { randomUUID } from 'node:crypto';
import type { PooledResource } from '@freeflow/db-master';
import type { PoolProgress } from '../../activities/pool/keep';
import { HARNESS_MARGIN_MS, openActivityHarness, type ActivityHarness } from './activity-harness';
import type { TestInstallation } from './installation';
import { asKeycloakAdmin } from './outside';
import { until } from './until';

/** More calls without an answer are no chance. */
const MOST_WAITS = 3;

/** The activities with a pool of this size at Keycloak, which is drained when they are closed. */
export async function openPooledHarness(size: number): Promise<ActivityHarness> {
  const harness = await openActivityHarness({ KEYCLOAK_POOL_SIZE: String(size) });
  const close = async () => {
    const drainer = harness.another({ KEYCLOAK_POOL_SIZE: '0' });
    try {
      await keepUntilDone(drainer);
    } finally {
      await Promise.all([drainer.close(), harness.close()]);
    }
  };
  return { ...harness, close };
}

/**
 * So much is left of the time of a tenant's unanswered call: to wait through all of it is another test's.
 * @param leftMs nothing: it is over
 */
export async function leaveOfCall({ db, backends }: ActivityHarness, tenantId: string, leftMs = 0): Promise<void> {
  const { callTimeoutMs } = backends.find((it) => it.kind === 'keycloak') ?? { callTimeoutMs: 0 };
  const callStartedAt = new Date(Date.now() - callTimeoutMs - HARNESS_MARGIN_MS + leftMs);
  const where = { tenantId_kind: { tenantId, kind: 'keycloak' } } as const;
  const { callEffect } = await db.tenantResource.findUniqueOrThrow({ where });
  // The database forgets the effect with the call it belongs to.
  await db.tenantResource.update({ where, data: { callEffect: null } });
  await db.tenantResource.update({ where, data: { callStartedAt, callEffect } });
}

/** One round of what keeps the pool of Keycloak. */
export const keepOnce = (harness: ActivityHarness): Promise<PoolProgress> =>
  harness.run(
    'keepPool',
    { tenantId: '', operationId: '', runId: randomUUID() },
    {},
    { backend: 'keycloak' },
  ) as Promise<PoolProgress>;

/**
 * Keeps the pool until there is nothing to do; operations of tests before this are over. So is the time of a call
 * without an answer, such as Keycloak's own 500s leave now and then: that it is waited through is a test of its own.
 */
export async function keepUntilDone(harness: ActivityHarness): Promise<PooledResource[]> {
  await endOperations(harness);
  for (let progress: PoolProgress = 'again', waits = 0; progress !== 'done';) {
    progress = await keepOnce(harness);
    if (progress !== 'later') continue;
    if (++waits > MOST_WAITS) throw new Error('an absence is never believed');
    const where = { callStartedAt: { not: null } };
    await harness.db.pooledResource.updateMany({ where, data: { callStartedAt: new Date(0) } });
  }
  return pooledIn(harness);
}

/** No operation is under way any more, as far as the master database knows. */
export async function endOperations({ db }: ActivityHarness): Promise<void> {
  await db.tenantOperation.updateMany({ where: { endedAt: null }, data: { state: 'done', endedAt: new Date() } });
}

export const pooledIn = ({ db }: ActivityHarness): Promise<PooledResource[]> =>
  db.pooledResource.findMany({ orderBy: { createdAt: 'asc' } });

/** The id of a realm as the owner of the server sees it; undefined where there is none. */
export async function realmIdOf({ info }: Pick<ActivityHarness, 'info'>, name: string): Promise<string | undefined> {
  const { status, body } = await asKeycloakAdmin(info, 'GET', `/admin/realms/${name}`);
  return status === 404 ? undefined : (body as { id: string }).id;
}

/** A row of the pool, as an installation's master database has it. */
export type PoolRow = Pick<PooledResource, 'name' | 'nonce' | 'state'>;

export const poolRowsOf = async ({ master }: Pick<TestInstallation, 'master'>): Promise<PoolRow[]> =>
  (await master.query<PoolRow>('SELECT name, nonce, state FROM "PooledResource" ORDER BY "createdAt"')).rows;

/** Waits until so many blank realms are ready, and nothing else is in the pool. */
export const poolIsFull = (installation: Pick<TestInstallation, 'master'>, size: number): Promise<PoolRow[]> =>
  until('the pool is full', async () => {
    const rows = await poolRowsOf(installation);
    return rows.length === size && rows.every((it) => it.state === 'ready') ? rows : undefined;
  });

/** Waits until the pool is full by the size that this run of the tests sets; none by default. */
export const poolIsReady = (installation: Pick<TestInstallation, 'master'>): Promise<PoolRow[]> =>
  poolIsFull(installation, Number(process.env['KEYCLOAK_POOL_SIZE'] ?? 0));
