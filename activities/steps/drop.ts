import { setTimeout as delay } from 'node:timers/promises';
import type { Absence, Target } from '../backend';
import { knownServer, targetOf } from '../ledger';
import { changed, effect, judged, settledAt, type KnownEntry, type Work } from './work';

const SETTLE_POLL_MS = 500;

/** Drops what is ours; repeats until absence has been read back. What was never made, or isn't ours, is left alone. */
export async function drop(work: Work): Promise<string> {
  const { backend, ledger, context } = work;
  const entry = await ledger.find(context.tenantId, backend.kind);
  if (entry === null) return NEVER_MADE;
  if (entry.serverId === null) {
    await ledger.absent(entry, { found: NEVER_MADE, checks: [] });
    return NEVER_MADE;
  }
  const known = { ...entry, serverId: await judged(backend, () => knownServer(backend, entry)) };
  const target = targetOf(entry, work.tenantName, work.signal);
  const { message, checks } = await judged(backend, () => dropUntilAbsent(work, target, known));
  await ledger.absent(entry, { found: message, checks });
  return message;
}

const NEVER_MADE = 'nothing was ever made here';

async function dropUntilAbsent(work: Work, target: Target, entry: KnownEntry): Promise<{ message: string; checks: Absence[] }> {
  const { backend } = work;
  // An earlier call that nobody answered may still take effect: a create could bring the thing back, and a drop could hit
  // the next tenant of this name. So absence counts only once its time is over.
  const settled = await settledAt(work, entry);
  for (let dropped = false; ; ) {
    const found = await backend.inspect(target);
    if (found.state === 'foreign') return { message: `left alone: ${found.owner}`, checks: [] };
    if (found.state === 'ours') {
      if (found.externalId !== undefined && entry.externalId !== null && found.externalId !== entry.externalId) throw changed(entry, found.externalId);
      await effect(work, entry, entry.serverId, () => backend.drop(target));
      dropped = true;
    } else if (performance.now() >= settled) {
      return { message: dropped ? `${entry.name} dropped and seen absent` : `${entry.name} was absent already`, checks: await backend.absence(target) };
    } else {
      await delay(SETTLE_POLL_MS);
    }
    target.signal.throwIfAborted();
  }
}
