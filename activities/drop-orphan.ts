import { BACKENDS, tenantNameOf, type BackendKind } from '@freeflow/contract';
import { masterNow, type OrphanDrop, type Tenant } from '@freeflow/db-master';
import { scrub, storable } from '@freeflow/lib/scrub';
import { cancellationSignal } from '@temporalio/activity';
import { skipAnnouncement, type AbsenceProof, type Backend, type Target } from '../backends/backend';
import { currentRunId, runActivity } from './activity-shell';
import { classifyErrors } from './backend-call';
import { findOrphansAmong, type OrphanCandidate } from './reconcile/orphans';
import type { ReconcileDependencies } from './reconcile/scope';
import { rewrittenFault } from './steps/drop';

const LOCK_WAIT_MS = 20_000;

export interface DropOrphanInput {
  backend: BackendKind;
  name: string;
  /** The server's id of it, or its nonce where the server has none. */
  externalId: string;
  requestedBy: string;
}

/** Why the drop is refused; nothing was touched. */
class DropRefusedError extends Error {}

/** Drops the one orphan that a person has named. What was requested, by whom, and how it ended stays in OrphanDrop. */
export function dropOrphanActivities(dependencies: ReconcileDependencies) {
  const { db } = dependencies;
  return {
    dropOrphan: (order: DropOrphanInput): Promise<string> =>
      runActivity(() => dropOrRefuse(dependencies, order), {
        recordFailure: async ({ message }) => {
          await db.orphanDrop.updateMany({ where: { id: currentRunId() }, data: { cause: message } });
        },
      }),

    /** Its attempts are over; the last cause stays with it. */
    endOrphanDrop: (): Promise<void> =>
      runActivity(async () => {
        await db.orphanDrop.updateMany({
          where: { id: currentRunId(), state: 'running' },
          data: { state: 'failed', endedAt: await masterNow(db) },
        });
      }),
  };
}

async function dropOrRefuse(dependencies: ReconcileDependencies, order: DropOrphanInput): Promise<string> {
  const { db } = dependencies;
  const id = currentRunId();
  const drop = await db.orphanDrop.upsert({ where: { id }, create: { id, ...order }, update: {} });
  if (drop.state !== 'running') return drop.state;
  try {
    const checks = await dropUnderLock(dependencies, drop);
    const evidence = storable(checks.map((it) => ({ ...it })));
    await db.orphanDrop.update({
      where: { id },
      data: { state: 'done', endedAt: await masterNow(db), evidence },
    });
    return `${drop.name} dropped and seen absent`;
  } catch (error) {
    if (!(error instanceof DropRefusedError)) throw error;
    const cause = scrub(error.message);
    await db.orphanDrop.update({ where: { id }, data: { state: 'refused', cause, endedAt: await masterNow(db) } });
    return `refused: ${cause}`;
  }
}

/**
 * Holds the lock that every step on this resource would hold, checks once more whether it is the orphan that was meant,
 * and drops it.
 */
async function dropUnderLock(dependencies: ReconcileDependencies, drop: OrphanDrop): Promise<AbsenceProof[]> {
  const { db, lock, backends } = dependencies;
  const backend = backends.find((it) => it.kind === drop.backend);
  if (backend === undefined) throw new DropRefusedError(`there is no backend ${drop.backend}`);
  const signal = cancellationSignal();
  const nonce = drop.nonce ?? (await loadOrphan(dependencies, backend, drop, signal)).nonce;
  const row = await db.tenantResource.findFirst({ where: { kind: backend.kind, nonce } });
  const key = `${row?.tenantId ?? `orphan-${nonce}`}/${backend.kind}`;
  return lock.hold(key, LOCK_WAIT_MS, signal, async ({ signal: held }) => {
    const target = targetOf({ name: drop.name, nonce, signal: held, tenantId: row?.tenantId });
    // The nonce was recorded before the drop, so that an attempt after this one's end still knows what it was about.
    const found = drop.nonce === null ? undefined : await classifyErrors(backend, () => backend.inspect(target));
    if (found?.state === 'absent') return classifyErrors(backend, () => backend.proveAbsent(target));
    if (found?.state === 'foreign' && found.isUnclaimed) throw rewrittenFault(backend, found.owner);
    const orphan = await loadOrphan(dependencies, backend, drop, held);
    if (orphan.nonce !== nonce) throw new DropRefusedError(`${drop.name} has just been replaced by another one`);
    await db.orphanDrop.update({ where: { id: drop.id }, data: { nonce } });
    const { externalId } = orphan;
    const identified = externalId === undefined ? target : { ...target, externalId };
    await classifyErrors(backend, () => backend.drop(identified));
    return classifyErrors(backend, () => backend.proveAbsent(identified));
  });
}

/**
 * The orphan that was meant.
 * @throws DropRefusedError unless it exists by this name and id, was created by this installation, and belongs to no
 * tenant
 */
async function loadOrphan(
  dependencies: ReconcileDependencies,
  backend: Backend,
  { name, externalId, nonce }: OrphanDrop,
  signal: AbortSignal,
): Promise<OrphanCandidate> {
  const { kind } = backend;
  const owned = await classifyErrors(backend, () => backend.listOwned([name], signal));
  const named = owned.filter((it) => it.name === name);
  if (named.length === 0) throw new DropRefusedError(`nothing of the name ${name} carries a nonce of FreeFlow`);
  // What an attempt before this one has dropped half has its nonce, and may have lost its id.
  const meant = named.filter((it) =>
    nonce === null ? (it.externalId ?? it.nonce) === externalId : it.nonce === nonce,
  );
  if (meant.length === 0) throw new DropRefusedError(`${name} has another id than ${externalId}`);
  const serverId = await classifyErrors(backend, () => backend.serverId());
  const [orphan] = await findOrphansAmong(dependencies, { kind, serverId }, meant);
  if (orphan === undefined)
    throw new DropRefusedError(
      `${name} is no orphan of this installation: the ledger has it, or another installation created it`,
    );
  if (orphan.isElsewhere)
    throw new DropRefusedError(
      `this is ${serverId}, which is another server than ${orphan.row?.serverId ?? 'any that the ledger knows'}`,
    );
  const living = await findLiving(dependencies, kind, name);
  if (living !== null)
    throw new DropRefusedError(
      `tenant ${living.name} is not gone, and its resource has the name ${name}; delete that tenant first, hard`,
    );
  const target = targetOf({ name, nonce: orphan.nonce, signal });
  const found = await classifyErrors(backend, () => backend.inspect(target));
  if (found.state !== 'ours')
    throw new DropRefusedError(found.state === 'foreign' ? found.owner : `there is no ${name}`);
  return orphan;
}

/**
 * The living tenant whose resource has this name. It is found by its own name, which the other derives from: that one
 * has no index.
 */
function findLiving({ db }: ReconcileDependencies, kind: BackendKind, name: string): Promise<Tenant | null> {
  const tenantName = tenantNameOf(name);
  return db.tenant.findFirst({
    where: {
      goneAt: null,
      [BACKENDS[kind].nameColumn]: name,
      ...(tenantName === undefined ? {} : { name: tenantName }),
    },
  });
}

/** An orphan belongs to no tenant, so nothing of it is announced in the ledger. */
const targetOf = ({
  name,
  nonce,
  signal,
  tenantId = '',
}: Pick<Target, 'name' | 'nonce' | 'signal'> & { tenantId?: string | undefined }): Target => ({
  tenantId,
  tenantName: name,
  name,
  nonce,
  signal,
  announceCall: skipAnnouncement,
});
