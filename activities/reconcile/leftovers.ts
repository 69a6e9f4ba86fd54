import type { Finding } from '@freeflow/contract/http';
import { masterNow, type Prisma, type Tenant } from '@freeflow/db-master';
import { stepLockKey } from '@freeflow/lib/pg';
import type { Leftover, VaultLeftovers } from '@freeflow/lib/secrets';
import { VaultError } from '@freeflow/lib/vault';
import { BackendFault } from '../../backends/failures';
import { createFinding } from './finding';
import type { ReconcileScope } from './scope';
import { ServerSilentError, walk, type Range } from './walk';

/** Longer than an attempt may take, and than two clocks differ. */
const MARGIN_MS = 60 * 60_000;
/** An attempt leaves something behind while an operation is at work: those before were looked at then. */
const LATELY_MS = 7 * 24 * 60 * 60_000;
const AT_ONCE = 5;

type Its = Pick<Tenant, 'id' | 'name' | 'goneAt'>;

/**
 * Finds secrets in the vault to which no row leads, of tenants for which anything was done lately. Of a tenant that is
 * gone they are destroyed: that was promised. Of another one only where repairs are wanted: after a restore of the
 * master database a row may be missing of what is in use.
 */
export async function findLeftovers(scope: ReconcileScope): Promise<void> {
  const { db, leftovers, marginMs = MARGIN_MS } = scope;
  if (leftovers === undefined) return;
  const now = (await masterNow(db)).getTime();
  const [since, before] = [new Date(now - LATELY_MS), new Date(now - marginMs)];
  const where = ({ after, upTo }: Range) =>
    ({
      operations: { some: { updatedAt: { gt: since } } },
      id: { ...(after === null ? {} : { gt: after }), ...(upTo === null ? {} : { lte: upTo }) },
    }) satisfies Prisma.TenantWhereInput;
  await walk<Its>(scope, {
    name: 'vault',
    backend: null,
    isResource: false,
    atOnce: AT_ONCE,
    page: (range, take) =>
      db.tenant.findMany({
        where: where(range),
        select: { id: true, name: true, goneAt: true },
        orderBy: { id: 'asc' },
        take,
      }),
    count: (range) => db.tenant.count({ where: where(range) }),
    visit: (tenant) => checkTenant(scope, leftovers, tenant, before),
  });
}

async function checkTenant(
  scope: ReconcileScope,
  leftovers: VaultLeftovers,
  tenant: Its,
  before: Date,
): Promise<Finding[]> {
  try {
    const found: Finding[] = [];
    for (const it of await leftovers.find(scope.db, tenant.id, before))
      found.push(...(await toFinding(scope, leftovers, tenant, it)));
    return found;
  } catch (error) {
    if (error instanceof VaultError) throw new ServerSilentError(error.message);
    throw error;
  }
}

async function toFinding(
  scope: ReconcileScope,
  leftovers: VaultLeftovers,
  { id, goneAt }: Its,
  leftover: Leftover,
): Promise<Finding[]> {
  const { backend, place } = leftover;
  const fixed = (goneAt !== null || scope.fix) && (await destroy(scope, leftovers, id, leftover));
  if (fixed === 'not now') return [];
  const what = `no row leads to it${goneAt === null ? '' : ', and its tenant is gone'}`;
  return [createFinding('leftover', what, { backend, name: place, tenantId: id, fixable: true, fixed })];
}

/** `not now` where a step is at work there, or a row leads to it by now. */
async function destroy(
  { db, lock, signal }: ReconcileScope,
  leftovers: VaultLeftovers,
  tenantId: string,
  leftover: Leftover,
): Promise<true | 'not now'> {
  try {
    const isDone = await lock.hold(stepLockKey(tenantId, leftover.backend), 0, signal, () =>
      leftovers.destroy(db, tenantId, leftover),
    );
    return isDone ? true : 'not now';
  } catch (error) {
    if (error instanceof BackendFault && error.type === 'lock-busy') return 'not now';
    throw error;
  }
}
