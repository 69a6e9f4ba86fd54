import type { TenantResource } from '@freeflow/db-master';
import type { Backend, Drift, Target } from '../../backends/backend';
import { knownServer, targetOf } from '../ledger';
import { callWithIntent } from '../steps/scope';
import { compare, storedSecrets } from './compare';
import type { Reconciling } from './reconciling';
import { withRetries } from './with-retries';

const LOCK_WAIT_MS = 20_000;

/**
 * Makes grants, access and recorded connection again what ledger and settings say, under the tenant's lock and only while no operation is open: one
 * that begins meanwhile waits for the lock, and has the last word.
 * @returns what is still different, also what could only be seen now; nothing where an operation has begun, which sees to it
 */
export async function repair(
  work: Reconciling,
  backend: Backend,
  { id, tenantId, tenant }: TenantResource & { tenant: { name: string } },
): Promise<Drift[] | undefined> {
  const { db, ledger, lock, secrets, signal } = work;
  return lock.hold(`${tenantId}/${backend.kind}`, LOCK_WAIT_MS, signal, async (held) => {
    const entry = await db.tenantResource.findUniqueOrThrow({ where: { id } });
    const underWay = await db.tenantOperation.count({ where: { tenantId, endedAt: null, kind: { not: 'adopt' } } });
    if (underWay > 0 || (entry.state !== 'present' && entry.state !== 'disabled')) return undefined;
    const serverId = await withRetries(backend, held.signal, () => knownServer(backend, entry));
    const comparison = { db, backend, secrets, entry, tenantName: tenant.name, signal: held.signal };
    const before = await compare(comparison);
    const wanted = new Set(before.map((it) => it.repair));
    const stored = await storedSecrets(secrets, tenantId, backend.kind);
    if (before.some((it) => it.isMissing === true) || typeof stored === 'string') return before;

    const target = targetOf(entry, tenant.name, held.signal);
    const act = (call: (at: Target) => Promise<unknown>) =>
      withRetries(backend, held.signal, () => callWithIntent({ backend, ledger, held }, entry, serverId, target, call));
    // Made already, a create only says once more how grants and schema shall be. It opens the database, too.
    if (wanted.has('grants')) await act((at) => backend.create(at, stored));
    if (entry.state === 'disabled' && (wanted.has('grants') || wanted.has('access')))
      await act((at) => backend.disable(at));
    if (entry.state === 'present' && wanted.has('access')) await act((at) => backend.enable(at, stored, undefined));
    if (wanted.has('connection')) await ledger.refreshConnection(entry, held, backend.describeConnection(target));
    return compare(comparison);
  });
}
