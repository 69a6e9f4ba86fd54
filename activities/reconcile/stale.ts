import { messageOf } from '../failures';
import { masterNow } from '../master-clock';
import { finding, type Finding } from './finding';
import type { Reconciling } from './reconciling';

/** An operation is started within this time, or by the next sweep; only then it counts as stale. In ms. */
const STARTS_WITHIN_MS = 15_000;

/** Finds the open operations that nothing works on; starts them where that was asked for. */
export async function findStale({ db, signal, fix, hasOpenRun, startOperation }: Reconciling): Promise<Finding[]> {
  const startedBy = new Date((await masterNow(db)).getTime() - STARTS_WITHIN_MS);
  const open = await db.tenantOperation.findMany({
    where: { endedAt: null, updatedAt: { lt: startedBy } },
    include: { tenant: { select: { name: true } } },
    orderBy: { createdAt: 'asc' },
  });
  const findings: Finding[] = [];
  for (const { tenant: { name }, ...operation } of open) {
    signal.throwIfAborted();
    const { id, kind, tenantId, state, createdAt } = operation;
    const its = { name, id, tenantId };
    try {
      if (await hasOpenRun(operation)) continue;
      const isOpen = (await db.tenantOperation.count({ where: { id, endedAt: null } })) === 1;
      if (!isOpen) continue;
      const fixed = fix && (await startOperation({ ...operation, tenantName: name })) === 'started';
      const what = `${kind.replace('_', ' ')}, asked for at ${createdAt.toISOString()}, ${state === 'requested' ? 'was never started' : 'has lost its run'}`;
      findings.push(finding('stale', what, { ...its, fixable: true, fixed }));
    } catch (error) {
      findings.push(finding('unknown', `whether its ${kind.replace('_', ' ')} has a run: ${messageOf(error)}`, its));
    }
  }
  return findings;
}
