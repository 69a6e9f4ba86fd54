import { BACKENDS, type BackendKind } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { masterNow, type PrismaClient, type TenantResource } from '@freeflow/db-master';
import type { Backend, OwnedResource } from '../../backends/backend';
import { messageOf } from '../../backends/failures';
import { createFinding } from './finding';
import { namesToCheck } from './names-to-check';
import type { Position } from './progress';
import type { Reconciling } from './reconciling';
import { withRetries } from './with-retries';

/** A row of these means that the thing belongs to somebody, or is just being made. */
const LIVE: ReadonlySet<string> = new Set(['present', 'disabled', 'intended']);

/** So many rows of the ledger are read at a time. */
const ROWS_AT_ONCE = 500;
/** As many are asked for between two looks at the clock. */
const NAMES_AT_ONCE = 50;

/** Finds what is ours at the servers and in no live row of the ledger. Where nothing can be listed, names known elsewhere are asked for. */
export async function findOrphans(work: Reconciling): Promise<void> {
  const withListing = (listing: 'all' | 'by-name') =>
    work.backends.filter(({ kind }) => BACKENDS[kind].listing === listing);
  await Promise.all(withListing('all').map((backend) => orphansListedAt(work, backend)));
  // After them: what was found there may have left something here.
  const now = await masterNow(work.db);
  await Promise.all(
    withListing('by-name').map(async (backend) =>
      orphansNamedAt(work, backend, await namesToCheck(work.db, work.progress, backend.kind, now)),
    ),
  );
}

async function orphansListedAt(work: Reconciling, backend: Backend): Promise<void> {
  const { progress } = work;
  const at = progress.position(`orphans/${backend.kind}`);
  if (at.isDone) return;
  if (progress.isOver) return progress.leave(0, backend.kind, 'the time was over before it was looked for orphans');
  progress.add(await orphansAt(work, backend, []));
  at.isDone = true;
}

async function orphansNamedAt(work: Reconciling, backend: Backend, names: readonly string[]): Promise<void> {
  const { progress, signal } = work;
  const at = progress.position(`orphans/${backend.kind}`);
  const left = leftOf(names, at);
  while (left.length > 0 && !at.isDone) {
    signal.throwIfAborted();
    if (progress.isOver) return progress.leave(left.length, backend.kind);
    const portion = left.splice(0, NAMES_AT_ONCE);
    const found = await orphansAt(work, backend, portion);
    progress.add(found);
    // It has said so for itself: for each further portion it would be silent as long.
    const [silence] = found.filter(({ name }) => name === null);
    if (silence !== undefined) return progress.leave(left.length + portion.length, backend.kind, silence.what);
    at.after = portion.at(-1) ?? at.after;
  }
  at.isDone = true;
}

/** From where an earlier reconciliation has stopped, round to there; an earlier attempt of this one has had some of them. */
function leftOf(names: readonly string[], { from, after }: Position): string[] {
  const start = from ?? '';
  const inTurn = [...names.filter((it) => it > start), ...names.filter((it) => it <= start)];
  return after === from ? inTurn : inTurn.slice(inTurn.indexOf(after ?? '') + 1);
}

async function orphansAt(work: Reconciling, backend: Backend, names: readonly string[]): Promise<Finding[]> {
  const { kind } = backend;
  const list = (those: readonly string[]) =>
    withRetries(backend, work.signal, () => backend.listOwned(those, work.signal));
  try {
    const serverId = await withRetries(backend, work.signal, () => backend.serverId());
    const candidates = await orphansAmong(work, { kind, serverId }, await list(names));
    if (candidates.length === 0) return [];
    // What was just being dropped when it was listed is gone by now.
    const still = new Set(
      (await list(candidates.map(({ name }) => name))).map(({ name, nonce }) => `${name}/${nonce}`),
    );
    return candidates
      .filter(({ name, nonce }) => still.has(`${name}/${nonce}`))
      .map((it) => orphan(kind, it, serverId));
  } catch (error) {
    if (work.signal.aborted) throw error;
    return [createFinding('unknown', messageOf(error), { backend: kind })];
  }
}

function orphan(
  kind: BackendKind,
  { name, nonce, externalId, row, isElsewhere }: Candidate,
  serverId: string,
): Finding {
  const its = { backend: kind, name, id: externalId ?? nonce, tenantId: row?.tenantId ?? null };
  if (isElsewhere)
    return createFinding(
      'unknown',
      `it carries our mark, but this is ${serverId}, ${row === undefined ? 'of which the ledger knows nothing' : `recorded is ${row.serverId}`}`,
      its,
    );
  return createFinding(
    'orphan',
    row === undefined ? 'the ledger knows nothing of it' : `the ledger says that it is ${row.state}`,
    its,
  );
}

/** Something of ours with its row in the ledger, if there is one. */
export interface Candidate extends OwnedResource {
  row: TenantResource | undefined;
  /** Seen at another server than the recorded one, or than all that are recorded: nothing is concluded. */
  isElsewhere: boolean;
}

/**
 * Those that are ours and have no live row. The ledger is read after the server was: a row is written before its thing
 * is made, so whatever was seen has had its row by now.
 */
export async function orphansAmong(
  { db, installation }: Pick<Reconciling, 'db' | 'installation'>,
  at: { kind: BackendKind; serverId: string },
  marked: readonly OwnedResource[],
): Promise<Candidate[]> {
  const isAnother = await isUnknownServer(db, at);
  const candidates: Candidate[] = [];
  for (let from = 0; from < marked.length; from += ROWS_AT_ONCE) {
    const some = marked.slice(from, from + ROWS_AT_ONCE);
    const ledger = await db.tenantResource.findMany({
      where: { kind: at.kind, nonce: { in: some.map((it) => it.nonce) } },
    });
    const rows = new Map(ledger.map((it) => [it.nonce, it]));
    for (const it of some) {
      const row = rows.get(it.nonce);
      const isOrphan = row === undefined ? await installation.made(it.nonce) : !LIVE.has(row.state);
      if (isOrphan)
        candidates.push({
          ...it,
          row,
          isElsewhere: isAnother || (row?.serverId ?? at.serverId) !== at.serverId,
        });
    }
  }
  return candidates;
}

/** Whether the ledger knows servers of this kind, and this one isn't among them. */
async function isUnknownServer(
  db: PrismaClient,
  { kind, serverId }: { kind: BackendKind; serverId: string },
): Promise<boolean> {
  const onThis = await db.tenantResource.findFirst({
    where: { kind, serverId },
    select: { id: true },
  });
  return (
    onThis === null &&
    (await db.tenantResource.findFirst({ where: { kind, serverId: { not: null } }, select: { id: true } })) !== null
  );
}
