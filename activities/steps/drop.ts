import { setTimeout as delay } from 'node:timers/promises';
import type { AbsenceProof, Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { knownServer, targetOf } from '../ledger';
import { changed, effect, judged, settledAt, withNotes, type KnownEntry, type Work } from './work';

const SETTLE_POLL_MS = 500;

/** Drops what is ours; repeats until absence has been read back. What was never made, or isn't ours, is left alone. */
export async function drop(work: Work): Promise<string> {
  const { backend, ledger, context } = work;
  const entry = await ledger.find(context.tenantId, backend.kind);
  if (entry === null) return NEVER_MADE;
  if (entry.serverId === null) {
    await ledger.absent(entry, work.held, { found: NEVER_MADE, checks: [] });
    return NEVER_MADE;
  }
  const known = { ...entry, serverId: await judged(backend, () => knownServer(backend, entry)) };
  const target = targetOf(entry, work.tenantName, work.held.signal);
  const { message, checks } = await dropUntilAbsent(work, target, known);
  await ledger.absent(entry, work.held, { found: message, checks });
  return message;
}

const NEVER_MADE = 'nothing was ever made here';

async function dropUntilAbsent(
  work: Work,
  target: Target,
  entry: KnownEntry,
): Promise<{ message: string; checks: AbsenceProof[] }> {
  const { backend, ledger, held } = work;
  // An earlier call that nobody answered may still take effect: a create could bring the thing back, and a drop could hit
  // the next tenant of this name. So absence counts only once its time is over.
  const settled = await settledAt(work, entry);
  const notes = new Set<string>();
  for (let dropStarted = entry.dropStartedAt !== null, dropped = false; ;) {
    const found = await judged(backend, () => backend.inspect(target));
    if (found.state === 'foreign') {
      // Written while we dropped, as by a session that was authorised before: what we have begun to erase is never called another's.
      if (dropStarted && found.isUnmarked)
        throw new BackendFault(
          'still-there',
          `${backend.kind}: something is there again since its drop began: ${found.owner}`,
        );
      return { message: withNotes(`left alone: ${found.owner}`, [...notes]), checks: [] };
    }
    if (found.state === 'ours') {
      if (found.externalId !== undefined && entry.externalId !== null && found.externalId !== entry.externalId)
        throw changed(entry, found.externalId);
      if (!dropStarted) await ledger.dropStarts(entry, held);
      dropStarted = true;
      for (const note of await effect(work, entry, entry.serverId, target, (at) => backend.drop(at))) notes.add(note);
      dropped = true;
    } else if (performance.now() >= settled) {
      return {
        message: withNotes(dropped ? `${entry.name} dropped and seen absent` : `${entry.name} was absent already`, [
          ...notes,
        ]),
        checks: await judged(backend, () => backend.proveAbsent(target)),
      };
    } else {
      await delay(SETTLE_POLL_MS);
    }
    target.signal.throwIfAborted();
  }
}
