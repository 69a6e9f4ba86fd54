import { setTimeout as delay } from 'node:timers/promises';
import type { AbsenceProof, Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { assertRecordedServer, targetOf } from '../ledger';
import {
  assertSameId,
  callWithIntent,
  classifyErrors,
  findSettleTime,
  withNotes,
  type StepScope,
  type VerifiedEntry,
} from './scope';

const SETTLE_POLL_MS = 500;
const NEVER_CREATED = 'nothing to drop: it was never created';

/** Drops what is ours; repeats until absence has been read back. What was never created, or isn't ours, is left alone. */
export async function drop(scope: StepScope): Promise<string> {
  const { backend, ledger, context, held } = scope;
  const entry = await ledger.find(context.tenantId, backend.kind);
  if (entry === null) return NEVER_CREATED;
  if (entry.serverId === null) {
    await ledger.recordAbsent(entry, held, { found: NEVER_CREATED, checks: [] });
    return NEVER_CREATED;
  }
  const serverId = await classifyErrors(backend, () => assertRecordedServer(backend, entry));
  const target = targetOf(entry, scope.tenantName, held.signal);
  const { message, checks } = await dropUntilAbsent(scope, target, { ...entry, serverId });
  await ledger.recordAbsent(entry, held, { found: message, checks });
  return message;
}

async function dropUntilAbsent(
  scope: StepScope,
  target: Target,
  entry: VerifiedEntry,
): Promise<{ message: string; checks: AbsenceProof[] }> {
  const { backend } = scope;
  // An earlier unanswered call may still take effect: a create could bring the resource back, and a drop could hit
  // the next tenant of this name. So absence counts only once its time is over.
  const settledAt = await findSettleTime(scope, entry);
  const notes = new Set<string>();
  for (let hasDropStarted = entry.dropStartedAt !== null, isDropped = false; ;) {
    const found = await classifyErrors(backend, () => backend.inspect(target));
    if (found.state === 'foreign') {
      if (hasDropStarted && found.isUnclaimed) throw rewrittenFault(entry, found.owner);
      return { message: withNotes(`left alone: ${found.owner}`, [...notes]), checks: [] };
    }
    if (found.state === 'ours') {
      assertSameId(entry, found.externalId);
      hasDropStarted = true;
      const intended = { serverId: entry.serverId, isDrop: true };
      for (const note of await callWithIntent(scope, entry, intended, target, (at) => backend.drop(at)))
        notes.add(note);
      isDropped = true;
    } else if (performance.now() >= settledAt) {
      const message = isDropped ? `${entry.name} dropped and seen absent` : `${entry.name} was absent already`;
      return {
        message: withNotes(message, [...notes]),
        checks: await classifyErrors(backend, () => backend.proveAbsent(target)),
      };
    } else {
      await delay(SETTLE_POLL_MS);
    }
    target.signal.throwIfAborted();
  }
}

/** Written while we dropped, as by a session that was authorised before: what we have begun to erase is never taken for foreign. */
export const rewrittenFault = ({ kind }: { kind: string }, owner: string): BackendFault =>
  new BackendFault('still-there', `${kind}: something was written again since its drop began: ${owner}`);
