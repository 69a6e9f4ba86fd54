import { BACKENDS } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import type { Prisma, PrismaClient, TenantResource } from '@freeflow/db-master';
import type { Backend, Drift } from '../../backends/backend';
import { BackendFault, messageOf } from '../../backends/failures';
import { compare } from './compare';
import { createEntryFinding, driftToFinding } from './finding';
import type { Reconciling } from './reconciling';
import { repair } from './repair';
import { countLeft, NoAnswer, walk, type Part, type Range } from './walk';
import { withRetries } from './with-retries';

type Entry = TenantResource & { tenant: { name: string } };

/** An operation under way changes what is compared; adoptions change the ledger alone. */
const AT_REST = { operations: { none: { endedAt: null, kind: { not: 'adopt' } } } } satisfies Prisma.TenantWhereInput;

/** A server that a person waits for at the same time; one that can't list its resources copes with few questions. */
const AT_ONCE = { all: 4, 'by-name': 2 } as const;

/** Compares what the ledger says is at one server with what is there; mends what is safe where that was asked for. */
export async function compareEntries(work: Reconciling, backend: Backend): Promise<void> {
  const { kind } = backend;
  const part = entriesOf(work, backend);
  let serverId: string;
  try {
    serverId = await withRetries(backend, work.signal, () => backend.serverId());
  } catch (error) {
    if (work.signal.aborted) throw error;
    work.progress.leave(await countLeft(part, work.progress.position(part.name)), kind, messageOf(error));
    return;
  }
  await walk(work, {
    ...part,
    visit: async (entry: Entry) =>
      entry.serverId !== serverId
        ? [createEntryFinding(entry, 'unknown', `this is ${serverId}, recorded is ${entry.serverId ?? 'none'}`)]
        : compareEntry(work, backend, entry),
  });
}

function entriesOf({ db }: Reconciling, { kind }: Backend): Omit<Part<Entry>, 'visit'> {
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
        include: { tenant: { select: { name: true } } },
        orderBy: { id: 'asc' },
        take,
      }),
    count: (range) => db.tenantResource.count({ where: where(range) }),
  };
}

async function compareEntry(work: Reconciling, backend: Backend, entry: Entry): Promise<Finding[]> {
  try {
    const differences = await compare({ ...work, backend, entry, tenantName: entry.tenant.name });
    // Seen while it was being changed: no longer true, or the next comparison sees it again.
    if (differences.length === 0 || !(await isUnchanged(work.db, entry))) return [];
    if (!work.fix || differences.every((it) => it.repair === undefined))
      return differences.map((it) => driftToFinding(entry, it));
    const left = await repair(work, backend, entry);
    if (left === undefined) return [];
    const isLeft = ({ what }: Drift) => left.some((it) => it.what === what);
    const gone = differences
      .filter((it) => !isLeft(it))
      .map((it) => ({ ...driftToFinding(entry, it), fixed: it.repair !== undefined }));
    return [...gone, ...left.map((it) => driftToFinding(entry, it))];
  } catch (error) {
    if (work.signal.aborted) throw error;
    if (error instanceof BackendFault && error.type === 'unreachable') await assertAnswers(work, backend, error);
    return [createEntryFinding(entry, 'unknown', messageOf(error))];
  }
}

/** @throws NoAnswer where the server can't even say which one it is: each further question would wait as long */
async function assertAnswers({ signal }: Reconciling, backend: Backend, first: BackendFault): Promise<void> {
  try {
    await withRetries(backend, signal, () => backend.serverId());
  } catch (error) {
    throw new NoAnswer(first.message, { cause: error });
  }
}

async function isUnchanged(db: PrismaClient, { id, updatedAt }: Entry): Promise<boolean> {
  return (await db.tenantResource.count({ where: { id, updatedAt, tenant: AT_REST } })) === 1;
}
