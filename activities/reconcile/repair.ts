import { masterNow, type PrismaClient, type TenantResource } from '@freeflow/db-master';
import { stepLockKey } from '@freeflow/lib/pg';
import type { SecretStore } from '@freeflow/lib/secrets';
import type { Backend, Credential, Drift, Target } from '../../backends/backend';
import { stillValid } from '../credentials';
import { assertRecordedServer, targetOf } from '../ledger';
import { callWithIntent } from '../steps/scope';
import { COMPARED_BY, compareEntry, loadOthers, loadSecrets } from './compare';
import type { ReconcileScope } from './scope';
import { withRetries } from './with-retries';

const LOCK_WAIT_MS = 20_000;

/**
 * Repairs grants, access and recorded connection to match ledger and settings, under the tenant's lock and only while
 * no operation is open: one that begins meanwhile waits for the lock, and has the last word.
 * @returns the drift that is left, also what could only be seen now; undefined where an operation has begun, whose
 * steps correct it
 */
export async function repairEntry(
  scope: ReconcileScope,
  backend: Backend,
  { id, tenantId }: Pick<TenantResource, 'id' | 'tenantId'>,
): Promise<Drift[] | undefined> {
  const { db, ledger, lock, secrets, plans, signal } = scope;
  return lock.hold(stepLockKey(tenantId, backend.kind), LOCK_WAIT_MS, signal, async (held) => {
    const { tenant, ...entry } = await db.tenantResource.findUniqueOrThrow({
      where: { id },
      include: { tenant: COMPARED_BY },
    });
    const openOperations = await db.tenantOperation.count({
      where: { tenantId, endedAt: null, kind: { not: 'adopt' } },
    });
    if (openOperations > 0 || (entry.state !== 'present' && entry.state !== 'disabled')) return undefined;
    const serverId = await withRetries(backend, held.signal, () => assertRecordedServer(backend, entry));
    const comparison = { db, backend, secrets, entry, tenant, plans, signal: held.signal };
    const before = await compareEntry(comparison);
    const wanted = new Set(before.map((it) => it.repair));
    const stored = await loadSecrets(secrets, backend, entry);
    if (before.some((it) => it.isMissing === true) || typeof stored === 'string') return before;

    const plan = plans.get(tenant.plan ?? '');
    // What it should have by a plan that isn't known can't be set, nor what else would undo it.
    if (tenant.plan !== null && plan === undefined) return before;
    const target = targetOf(entry, tenant.name, held.signal, plan);
    const callOnce = (call: (at: Target) => Promise<unknown>) =>
      withRetries(backend, held.signal, () =>
        callWithIntent({ backend, ledger, held }, entry, { serverId }, target, call),
      );
    // For a resource that exists, create only renews grants and schema. It opens the database, too.
    if (wanted.has('grants')) await callOnce((at) => backend.create(at, stored));
    if (wanted.has('limits')) await callOnce((at) => backend.limit(at));
    if (entry.state === 'disabled' && (wanted.has('grants') || wanted.has('access')))
      await callOnce((at) => backend.disable(at));
    if (entry.state === 'present' && wanted.has('access'))
      await callOnce(async (at) =>
        backend.enable(at, stored, undefined, await validOthers(db, secrets, backend, entry)),
      );
    if (wanted.has('connection')) await ledger.refreshConnection(entry, held, backend.describeConnection(target));
    return compareEntry(comparison);
  });
}

async function validOthers(
  db: PrismaClient,
  secrets: SecretStore,
  backend: Backend,
  entry: TenantResource,
): Promise<Credential[]> {
  const valid = stillValid(entry, await masterNow(db));
  return (await loadOthers(secrets, backend, entry)).filter(({ version }) => valid.includes(version));
}
