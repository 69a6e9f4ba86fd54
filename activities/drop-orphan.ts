import { BACKENDS, type BackendKind } from '@freeflow/contract';
import { masterNow, type OrphanDrop } from '@freeflow/db-master';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { skipAnnouncement, type AbsenceProof, type Backend, type Target } from '../backends/backend';
import { BackendFault, messageOf } from '../backends/failures';
import { classify } from '../backends/registry';
import { scrub, storable } from '../backends/scrub';
import { orphansAmong, type Candidate } from './reconcile/orphans';
import type { ReconcileDependencies } from './reconcile/reconciling';
import { classifyErrors } from './steps/scope';

const HEARTBEAT_MS = 1_000;
const LOCK_WAIT_MS = 20_000;

export interface DropOrphanInput {
  backend: BackendKind;
  name: string;
  /** The server's id of it, or its nonce where the server has none. */
  externalId: string;
  requestedBy: string;
}

/** Why a person's wish is refused; nothing was touched. */
class Refused extends Error {}

/** Drops the one orphan that a person has named. What was asked for, by whom, and how it ended stays in OrphanDrop. */
export function dropOrphanActivities(dependencies: ReconcileDependencies) {
  const { db, backends } = dependencies;
  return {
    async dropOrphan({ backend: kind, name, externalId, requestedBy }: DropOrphanInput): Promise<string> {
      const id = activityInfo().workflowExecution?.runId ?? '';
      const beating = setInterval(heartbeat, HEARTBEAT_MS);
      try {
        const asked = await db.orphanDrop.upsert({
          where: { id },
          create: { id, backend: kind, name, externalId, requestedBy },
          update: {},
        });
        if (asked.state !== 'running') return asked.state;
        const backend = backends.find((it) => it.kind === kind);
        if (backend === undefined) throw new Refused(`there is no backend ${kind}`);
        const checks = await dropNamed(dependencies, backend, asked);
        await db.orphanDrop.update({
          where: { id },
          data: { state: 'done', endedAt: await masterNow(db), evidence: storable(checks.map((it) => ({ ...it }))) },
        });
        return `${name} dropped and seen absent`;
      } catch (error) {
        if (error instanceof Refused) {
          await db.orphanDrop.update({
            where: { id },
            data: { state: 'refused', cause: scrub(error.message), endedAt: await masterNow(db) },
          });
          return `refused: ${error.message}`;
        }
        const { type, message } = classify(kind, error);
        await db.orphanDrop.updateMany({ where: { id }, data: { cause: scrub(message) } }).catch(() => undefined);
        throw ApplicationFailure.create({ type, message: scrub(messageOf(error)) });
      } finally {
        clearInterval(beating);
      }
    },

    /** Its tries are over; what it was that stood in the way stays with it. */
    async endOrphanDrop(): Promise<void> {
      const id = activityInfo().workflowExecution?.runId ?? '';
      await db.orphanDrop.updateMany({
        where: { id, state: 'running' },
        data: { state: 'failed', endedAt: await masterNow(db) },
      });
    },
  };
}

/** Under the lock that every step on it would hold: looks once more whether it is what was meant, then drops it. */
async function dropNamed(
  dependencies: ReconcileDependencies,
  backend: Backend,
  asked: OrphanDrop,
): Promise<AbsenceProof[]> {
  const { db, lock } = dependencies;
  const signal = cancellationSignal();
  const nonce = asked.nonce ?? (await theOrphan(dependencies, backend, asked, signal)).nonce;
  const row = await db.tenantResource.findFirst({ where: { kind: backend.kind, nonce } });
  return lock.hold(
    `${row?.tenantId ?? `orphan-${nonce}`}/${backend.kind}`,
    LOCK_WAIT_MS,
    signal,
    async ({ signal: held }) => {
      const { name, id } = asked;
      const target = (externalId: string | undefined): Target => ({
        tenantId: row?.tenantId ?? '',
        tenantName: name,
        name,
        nonce,
        signal: held,
        announceCall: skipAnnouncement,
        ...(externalId === undefined ? {} : { externalId }),
      });
      // Said before, so that an attempt after this one's end still knows what it was about.
      const found =
        asked.nonce === null ? undefined : await classifyErrors(backend, () => backend.inspect(target(undefined)));
      if (found?.state === 'absent') return classifyErrors(backend, () => backend.proveAbsent(target(undefined)));
      // Written while it was dropped: what was begun to be erased is never called another's.
      if (found?.state === 'foreign' && found.isUnclaimed)
        throw new BackendFault(
          'still-there',
          `${backend.kind}: something is there again since its drop began: ${found.owner}`,
        );
      const orphan = await theOrphan(dependencies, backend, asked, held);
      if (orphan.nonce !== nonce) throw new Refused(`${name} has just become another one`);
      await db.orphanDrop.update({ where: { id }, data: { nonce } });
      await classifyErrors(backend, () => backend.drop(target(orphan.externalId)));
      return classifyErrors(backend, () => backend.proveAbsent(target(orphan.externalId)));
    },
  );
}

/** @throws Refused unless it stands there by this name and id, was made by this installation, and is nobody's */
async function theOrphan(
  dependencies: ReconcileDependencies,
  backend: Backend,
  { name, externalId, nonce }: OrphanDrop,
  signal: AbortSignal,
): Promise<Candidate> {
  const named = (await classifyErrors(backend, () => backend.listOwned([name], signal))).filter(
    (it) => it.name === name,
  );
  if (named.length === 0) throw new Refused(`nothing of the name ${name} carries a mark of FreeFlow`);
  // What an attempt before this one has dropped half has its mark, and may have lost its id.
  const meant = named.filter((it) =>
    nonce === null ? (it.externalId ?? it.nonce) === externalId : it.nonce === nonce,
  );
  if (meant.length === 0) throw new Refused(`${name} has another id than ${externalId}`);
  const serverId = await classifyErrors(backend, () => backend.serverId());
  const [orphan] = await orphansAmong(dependencies, { kind: backend.kind, serverId }, meant);
  if (orphan === undefined)
    throw new Refused(`${name} is no orphan of this installation: the ledger has it, or another installation made it`);
  if (orphan.isElsewhere)
    throw new Refused(
      `this is ${serverId}, which is another server than ${orphan.row?.serverId ?? 'any that the ledger knows'}`,
    );
  const living = await dependencies.db.tenant.findFirst({
    where: { goneAt: null, [BACKENDS[backend.kind].nameColumn]: name },
  });
  if (living !== null)
    throw new Refused(
      `${name} is called like what tenant ${living.name} has, which is not gone; delete that first, hard`,
    );
  const found = await classifyErrors(backend, () =>
    backend.inspect({
      tenantId: '',
      tenantName: name,
      name,
      nonce: orphan.nonce,
      signal,
      announceCall: skipAnnouncement,
    }),
  );
  if (found.state !== 'ours') throw new Refused(found.state === 'foreign' ? found.owner : `there is no ${name}`);
  return orphan;
}
