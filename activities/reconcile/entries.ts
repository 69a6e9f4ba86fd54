import { BACKENDS } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import type { Prisma, PrismaClient } from '@freeflow/db-master';
import type { Backend, Drift } from '../../backends/backend';
import { BackendFault, messageOf } from '../../backends/failures';
import { COMPARED_BY, compareEntry, type ComparedEntry } from './compare';
import { createEntryFinding, driftToFinding } from './finding';
import { measureEntry } from './measure';
import { repairEntry } from './repair';
import type { ReconcileScope } from './scope';
import { countUnchecked, ServerSilentError, walk, type Part, type Range } from './walk';
import { withRetries } from './with-retries';

/** An operation in progress changes what is compared; adoptions change the ledger alone. */
const AT_REST = { operations: { none: { endedAt: null, kind: { not: 'adopt' } } } } satisfies Prisma.TenantWhereInput;

/** A server that a person waits for at the same time; one that can't list its resources copes with few questions. */
const AT_ONCE = { all: 4, 'by-name': 2 } as const;

/** Compares the ledger entries of one backend with the server, and repairs what is safe where that is wanted. */
export async function compareEntries(scope: ReconcileScope, backend: Backend): Promise<void> {
  const { kind } = backend;
  const part = entriesOf(scope, backend);
  let serverId: string;
  try {
    serverId = await withRetries(backend, scope.signal, () => backend.serverId());
  } catch (error) {
    if (scope.signal.aborted) throw error;
    scope.progress.addUnchecked(await countUnchecked(part, scope.progress.position(part.name)), kind, messageOf(error));
    return;
  }
  await walk(scope, {
    ...part,
    visit: async (entry: ComparedEntry) => {
      if (entry.serverId !== serverId)
        return [
          createEntryFinding(entry, 'unknown', `this is ${serverId}, the ledger records ${entry.serverId ?? 'none'}`),
        ];
      const findings = await checkEntry(scope, backend, entry);
      // What isn't there, or can't be asked, is not measured.
      if (findings.every((it) => it.class === 'drifted')) await measureEntry(scope, backend, entry);
      return findings;
    },
  });
}

function entriesOf({ db }: ReconcileScope, { kind }: Backend): Omit<Part<ComparedEntry>, 'visit'> {
  const where = ({ after, upTo }: Range) =>
    ({
      kind,
      state: { in: ['present', 'disabled'] },
      tenant: AT_REST,
      id: { ...(after === null ? {} : { gt: after }), ...(upTo === null ? {} : { lte: upTo }) },
    }) satisfies Prisma.TenantResourceWhereInput;
  return {
    name: `entries/${kind}`,
    backend: kind,
    atOnce: AT_ONCE[BACKENDS[kind].listing],
    page: (range, take) =>
      db.tenantResource.findMany({
        where: where(range),
        include: { tenant: COMPARED_BY },
        orderBy: { id: 'asc' },
        take,
      }),
    count: (range) => db.tenantResource.count({ where: where(range) }),
  };
}

async function checkEntry(scope: ReconcileScope, backend: Backend, entry: ComparedEntry): Promise<Finding[]> {
  try {
    const drift = await compareEntry({ ...scope, backend, entry, tenant: entry.tenant });
    // Seen while an operation changed it: no longer true, or the next comparison sees it again.
    if (drift.length === 0 || !(await isUnchanged(scope.db, entry))) return [];
    if (!scope.fix || drift.every((it) => it.repair === undefined)) return drift.map((it) => driftToFinding(entry, it));
    const left = await repairEntry(scope, backend, entry);
    if (left === undefined) return [];
    const isLeft = ({ what }: Drift) => left.some((it) => it.what === what);
    const gone = drift
      .filter((it) => !isLeft(it))
      .map((it) => ({ ...driftToFinding(entry, it), fixed: it.repair !== undefined }));
    return [...gone, ...left.map((it) => driftToFinding(entry, it))];
  } catch (error) {
    if (scope.signal.aborted) throw error;
    if (error instanceof BackendFault && error.type === 'unreachable') await assertServerAnswers(scope, backend, error);
    return [createEntryFinding(entry, 'unknown', messageOf(error))];
  }
}

/** @throws ServerSilentError where the server can't even report its id: each further call would wait as long */
async function assertServerAnswers({ signal }: ReconcileScope, backend: Backend, first: BackendFault): Promise<void> {
  try {
    await withRetries(backend, signal, () => backend.serverId());
  } catch (error) {
    throw new ServerSilentError(first.message, { cause: error });
  }
}

async function isUnchanged(db: PrismaClient, { id, updatedAt }: ComparedEntry): Promise<boolean> {
  return (await db.tenantResource.count({ where: { id, updatedAt, tenant: AT_REST } })) === 1;
}
