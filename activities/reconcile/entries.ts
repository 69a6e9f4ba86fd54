import type { Prisma, PrismaClient, TenantResource } from '@freeflow/db-master';
import type { Backend, Difference } from '../backend';
import { messageOf } from '../failures';
import { isSameServer } from '../ledger';
import { asked } from './asked';
import { compare } from './compare';
import { about, finding, ofDifference, type Finding } from './finding';
import { mend } from './mend';
import type { Reconciling } from './reconciling';

type Entry = TenantResource & { tenant: { name: string } };

/** An operation under way changes what is compared; adoptions change the ledger alone. */
const AT_REST = { operations: { none: { endedAt: null, kind: { not: 'adopt' } } } } satisfies Prisma.TenantWhereInput;

/** Compares what the ledger says is at one server with what is there, one thing after the other; mends what is safe where that was asked for. */
export async function compareEntries(work: Reconciling, backend: Backend): Promise<{ findings: Finding[]; looked: number }> {
  const { db, signal } = work;
  const { kind } = backend;
  const entries = await db.tenantResource.findMany({
    where: { kind, state: { in: ['present', 'disabled'] }, tenant: AT_REST },
    include: { tenant: { select: { name: true } } },
    orderBy: { name: 'asc' },
  });
  let serverId: string;
  try {
    serverId = await asked(backend, signal, () => backend.serverId());
  } catch (error) {
    return { findings: [finding('unknown', messageOf(error), { resource: kind })], looked: 0 };
  }
  const findings: Finding[] = [];
  for (const entry of entries) {
    signal.throwIfAborted();
    if (!isSameServer(entry.serverId, serverId)) findings.push(about(entry, 'unknown', `this is ${serverId}, recorded is ${entry.serverId ?? 'none'}`));
    else findings.push(...(await compareEntry(work, backend, entry)));
  }
  return { findings, looked: entries.length };
}

async function compareEntry(work: Reconciling, backend: Backend, entry: Entry): Promise<Finding[]> {
  try {
    const differences = await compare({ ...work, backend, entry, tenantName: entry.tenant.name });
    // Seen while it was being changed: no longer true, or the next comparison sees it again.
    if (differences.length === 0 || !(await isUnchanged(work.db, entry))) return [];
    if (!work.fix || differences.every((it) => it.mend === undefined)) return differences.map((it) => ofDifference(entry, it));
    const left = await mend(work, backend, entry);
    if (left === undefined) return [];
    const isLeft = ({ what }: Difference) => left.some((it) => it.what === what);
    const gone = differences.filter((it) => !isLeft(it)).map((it) => ({ ...ofDifference(entry, it), fixed: it.mend !== undefined }));
    return [...gone, ...left.map((it) => ofDifference(entry, it))];
  } catch (error) {
    if (work.signal.aborted) throw error;
    return [about(entry, 'unknown', messageOf(error))];
  }
}

async function isUnchanged(db: PrismaClient, { id, updatedAt }: Entry): Promise<boolean> {
  return (await db.tenantResource.count({ where: { id, updatedAt, tenant: AT_REST } })) === 1;
}
