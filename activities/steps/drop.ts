import { setTimeout as delay } from 'node:timers/promises';
import type { AbsenceProof, Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { knownServer, targetOf } from '../ledger';
import {
  changedResourceFault,
  callWithIntent,
  classifyErrors,
  settledAt,
  withNotes,
  type KnownEntry,
  type StepScope,
} from './scope';

const SETTLE_POLL_MS = 500;

/** Drops what is ours; repeats until absence has been read back. What was never made, or isn't ours, is left alone. */
export async function drop(scope: StepScope): Promise<string> {
  const { backend, ledger, context } = scope;
  const entry = await ledger.find(context.tenantId, backend.kind);
  if (entry === null) return NEVER_MADE;
  if (entry.serverId === null) {
    await ledger.absent(entry, scope.held, { found: NEVER_MADE, checks: [] });
    return NEVER_MADE;
  }
  const known = { ...entry, serverId: await classifyErrors(backend, () => knownServer(backend, entry)) };
  const target = targetOf(entry, scope.tenantName, scope.held.signal);
  const { message, checks } = await dropUntilAbsent(scope, target, known);
  await ledger.absent(entry, scope.held, { found: message, checks });
  return message;
}

const NEVER_MADE = 'nothing was ever made here';

async function dropUntilAbsent(
  scope: StepScope,
  target: Target,
  entry: KnownEntry,
): Promise<{ message: string; checks: AbsenceProof[] }> {
  const { backend, ledger, held } = scope;
  // An earlier call that nobody answered may still take effect: a create could bring the thing back, and a drop could hit
  // the next tenant of this name. So absence counts only once its time is over.
  const settled = await settledAt(scope, entry);
  const notes = new Set<string>();
  for (let dropStarted = entry.dropStartedAt !== null, dropped = false; ;) {
    const found = await classifyErrors(backend, () => backend.inspect(target));
    if (found.state === 'foreign') {
      // Written while we dropped, as by a session that was authorised before: what we have begun to erase is never called another's.
      if (dropStarted && found.isUnclaimed)
        throw new BackendFault(
          'still-there',
          `${backend.kind}: something is there again since its drop began: ${found.owner}`,
        );
      return { message: withNotes(`left alone: ${found.owner}`, [...notes]), checks: [] };
    }
    if (found.state === 'ours') {
      if (found.externalId !== undefined && entry.externalId !== null && found.externalId !== entry.externalId)
        throw changedResourceFault(entry, found.externalId);
      if (!dropStarted) await ledger.dropStarts(entry, held);
      dropStarted = true;
      for (const note of await callWithIntent(scope, entry, entry.serverId, target, (at) => backend.drop(at)))
        notes.add(note);
      dropped = true;
    } else if (performance.now() >= settled) {
      return {
        message: withNotes(dropped ? `${entry.name} dropped and seen absent` : `${entry.name} was absent already`, [
          ...notes,
        ]),
        checks: await classifyErrors(backend, () => backend.proveAbsent(target)),
      };
    } else {
      await delay(SETTLE_POLL_MS);
    }
    target.signal.throwIfAborted();
  }
}
