import { BACKENDS, type BackendKind } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { masterNow, type PrismaClient, type TenantResource } from '@freeflow/db-master';
import type { Backend, OwnedResource } from '../../backends/backend';
import { messageOf } from '../../backends/failures';
import { createFinding } from './finding';
import { namesToCheck } from './names-to-check';
import type { Position } from './progress';
import type { ReconcileScope } from './scope';
import { withRetries } from './with-retries';

/** A ledger row in one of these states means that a tenant has the resource, or that it is just being created. */
const LIVE: ReadonlySet<string> = new Set(['present', 'disabled', 'intended']);

/** So many rows of the ledger are read at a time. */
const ROWS_AT_ONCE = 500;
/** So many names are checked before the time is looked at again. */
const NAMES_AT_ONCE = 50;

/**
 * Finds resources of ours that no live row of the ledger has. Where a backend can't list them, names known from
 * elsewhere are checked.
 */
export async function findOrphans(scope: ReconcileScope): Promise<void> {
  const { backends, db, progress } = scope;
  const withListing = (listing: 'all' | 'by-name') => backends.filter(({ kind }) => BACKENDS[kind].listing === listing);
  await Promise.all(withListing('all').map((backend) => findByListing(scope, backend)));
  // After them: a tenant that has left an orphan there may have left one here.
  const now = await masterNow(db);
  await Promise.all(
    withListing('by-name').map(async (backend) =>
      findByNames(scope, backend, await namesToCheck(db, progress, backend.kind, now)),
    ),
  );
}

async function findByListing(scope: ReconcileScope, backend: Backend): Promise<void> {
  const { progress } = scope;
  const at = progress.position(`orphans/${backend.kind}`);
  if (at.isDone) return;
  if (progress.isOver) return progress.addUnchecked(0, backend.kind, 'out of time before orphans were looked for');
  progress.add(await findOrphansAt(scope, backend, []));
  at.isDone = true;
}

async function findByNames(scope: ReconcileScope, backend: Backend, names: readonly string[]): Promise<void> {
  const { progress, signal } = scope;
  const at = progress.position(`orphans/${backend.kind}`);
  const left = namesLeft(names, at);
  while (left.length > 0 && !at.isDone) {
    signal.throwIfAborted();
    if (progress.isOver) return progress.addUnchecked(left.length, backend.kind);
    const portion = left.splice(0, NAMES_AT_ONCE);
    const found = await findOrphansAt(scope, backend, portion);
    progress.add(found);
    // The server does not answer: each further portion would wait as long.
    const [silence] = found.filter(({ name }) => name === null);
    if (silence !== undefined) return progress.addUnchecked(left.length + portion.length, backend.kind, silence.what);
    at.after = portion.at(-1) ?? at.after;
  }
  at.isDone = true;
}

/**
 * From where an earlier reconciliation has stopped, round to there, without those that an earlier attempt of this one
 * has checked.
 */
function namesLeft(names: readonly string[], { from, after }: Position): string[] {
  const start = from ?? '';
  const inTurn = [...names.filter((it) => it > start), ...names.filter((it) => it <= start)];
  return after === from ? inTurn : inTurn.slice(inTurn.indexOf(after ?? '') + 1);
}

/** The orphans at one server; one finding `unknown` in their place where it does not answer. */
async function findOrphansAt(scope: ReconcileScope, backend: Backend, names: readonly string[]): Promise<Finding[]> {
  const { kind } = backend;
  const { signal } = scope;
  const list = (those: readonly string[]) => withRetries(backend, signal, () => backend.listOwned(those, signal));
  try {
    const serverId = await withRetries(backend, signal, () => backend.serverId());
    const candidates = await findOrphansAmong(scope, { kind, serverId }, await list(names));
    if (candidates.length === 0) return [];
    // A resource that was just being dropped when it was listed is gone by now.
    const listedAgain = await list(candidates.map(({ name }) => name));
    const still = new Set(listedAgain.map(({ name, nonce }) => `${name}/${nonce}`));
    return candidates
      .filter(({ name, nonce }) => still.has(`${name}/${nonce}`))
      .map((it) => orphanToFinding(kind, it, serverId));
  } catch (error) {
    if (signal.aborted) throw error;
    return [createFinding('unknown', messageOf(error), { backend: kind })];
  }
}

function orphanToFinding(
  kind: BackendKind,
  { name, nonce, externalId, row, isElsewhere }: OrphanCandidate,
  serverId: string,
): Finding {
  const its = { backend: kind, name, id: externalId ?? nonce, tenantId: row?.tenantId ?? null };
  if (isElsewhere) {
    const recorded = row === undefined ? 'does not know this server' : `records ${row.serverId}`;
    return createFinding('unknown', `it carries our nonce, but this is ${serverId}; the ledger ${recorded}`, its);
  }
  const what = row === undefined ? 'the ledger has no record of it' : `the ledger records it as ${row.state}`;
  return createFinding('orphan', what, its);
}

/** A resource of ours that may be an orphan, with its row in the ledger, if there is one. */
export interface OrphanCandidate extends OwnedResource {
  row: TenantResource | undefined;
  /** Found at another server than the recorded one, or than all that are recorded: nothing is concluded. */
  isElsewhere: boolean;
}

/**
 * Those that are ours, have no live row and are not in the pool. The ledger is read after the server was: a row is
 * written before its resource is created, so every listed resource has had its row by now.
 */
export async function findOrphansAmong(
  { db, installation }: Pick<ReconcileScope, 'db' | 'installation'>,
  at: { kind: BackendKind; serverId: string },
  owned: readonly OwnedResource[],
): Promise<OrphanCandidate[]> {
  const isServerUnknown = await isUnknownServer(db, at);
  const candidates: OrphanCandidate[] = [];
  for (let from = 0; from < owned.length; from += ROWS_AT_ONCE) {
    const some = owned.slice(from, from + ROWS_AT_ONCE);
    // Before the ledger: a claim moves a nonce from the pool there.
    const pooled = await findPooled(db, at.kind, some);
    const ledger = await db.tenantResource.findMany({
      where: { kind: at.kind, nonce: { in: some.map((it) => it.nonce) } },
    });
    const rows = new Map(ledger.map((it) => [it.nonce, it]));
    for (const it of some) {
      const row = rows.get(it.nonce);
      const isOrphan = row === undefined ? await installation.hasMade(it.nonce) : !LIVE.has(row.state);
      if (pooled.has(blankKey(it))) continue;
      const isElsewhere = isServerUnknown || (row?.serverId ?? at.serverId) !== at.serverId;
      if (isOrphan) candidates.push({ ...it, row, isElsewhere });
    }
  }
  return candidates;
}

/** Whether the ledger knows servers of this kind, and this one isn't among them. */
async function isUnknownServer(
  db: PrismaClient,
  { kind, serverId }: { kind: BackendKind; serverId: string },
): Promise<boolean> {
  // In the order of their index: without one the ledger is read until one is met.
  const has = async (serverIds: string | { not: null }) =>
    (await db.tenantResource.findFirst({
      where: { kind, serverId: serverIds },
      orderBy: { serverId: 'asc' },
      select: { id: true },
    })) !== null;
  return !(await has(serverId)) && (await has({ not: null }));
}

async function findPooled(
  db: PrismaClient,
  kind: BackendKind,
  owned: readonly OwnedResource[],
): Promise<ReadonlySet<string>> {
  const rows = await db.pooledResource.findMany({
    where: { kind, nonce: { in: owned.map((it) => it.nonce) } },
    select: { name: true, nonce: true },
  });
  return new Set(rows.map(blankKey));
}

/**
 * Under another name it is no blank one any more: a pool that was restored from a backup doesn't know that it was
 * claimed.
 */
const blankKey = ({ name, nonce }: { name: string; nonce: string }): string => `${nonce}/${name}`;
