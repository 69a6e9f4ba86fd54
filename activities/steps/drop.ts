import { setTimeout as delay } from 'node:timers/promises';
import type { AbsenceProof, Notes, Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { classifyErrors } from '../backend-call';
import { assertRecordedServer, targetOf } from '../ledger';
import { clearCallOnceDone } from './call-effect';
import { assertSameId, callWithIntent, findSettleTime, withNotes, type StepScope, type VerifiedEntry } from './scope';

const SETTLE_POLL_MS = 500;
/**
 * So long a drop without an answer is given to show its effect before a second one goes out, after which nothing shows
 * whose effect it was. Where it never arrived this costs nothing: absence is believed no sooner than its time is over.
 */
const LOOK_FOR_EFFECT_MS = 10_000;
const LOOK_AGAIN_MS = 100;
const NEVER_CREATED = 'nothing to drop: it was never created';

/**
 * Drops what is ours; repeats until absence has been read back. What was never created, or isn't ours, is left alone.
 */
export async function drop(scope: StepScope): Promise<string> {
  const { backend, ledger, entry, held } = scope;
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
  recorded: VerifiedEntry,
): Promise<{ message: string; checks: AbsenceProof[] }> {
  const { backend, ledger } = scope;
  // An earlier unanswered call may still take effect: a create could bring the resource back, and a drop could hit
  // the next tenant of this name. So absence counts only once its time is over, or its one effect is seen.
  const settledAt = await findSettleTime(scope, recorded);
  let entry = recorded;
  const notes = new Set<string>();
  const lookUntil = Math.min(settledAt, performance.now() + LOOK_FOR_EFFECT_MS);
  for (let hasDropStarted = entry.dropStartedAt !== null, isDropped = false; ;) {
    const found = await classifyErrors(backend, () => backend.inspect(target));
    entry = await clearCallOnceDone(ledger, entry, found);
    if (found.state === 'foreign') {
      if (hasDropStarted && found.isUnclaimed) throw rewrittenFault(entry, found.owner);
      return { message: withNotes(`left alone: ${found.owner}`, [...notes]), checks: [] };
    }
    if (found.state === 'ours' && (entry.callEffect !== 'drop' || performance.now() >= lookUntil)) {
      assertSameId(entry, found.externalId);
      hasDropStarted = true;
      for (const note of await dropOnce(scope, target, entry)) notes.add(note);
      // Two have gone out by now: which of them has done it can't be seen.
      entry = { ...entry, callEffect: null };
      isDropped = true;
    } else if (found.state === 'absent' && (entry.callStartedAt === null || performance.now() >= settledAt)) {
      const message = isDropped ? `${entry.name} dropped and seen absent` : `${entry.name} was absent already`;
      return {
        message: withNotes(message, [...notes]),
        checks: await classifyErrors(backend, () => backend.proveAbsent(target)),
      };
    } else {
      await delay(found.state === 'ours' ? LOOK_AGAIN_MS : SETTLE_POLL_MS);
    }
    target.signal.throwIfAborted();
  }
}

const dropOnce = (scope: StepScope, target: Target, entry: VerifiedEntry): Promise<Notes> => {
  const { backend } = scope;
  const call = { serverId: entry.serverId, verb: 'drop', isOneCall: backend.isOneCall?.(target) ?? false } as const;
  return callWithIntent(scope, entry, call, target, (at) => backend.drop(at));
};

/**
 * Written while we dropped, as by a session that was authorised before: what we have begun to erase is never taken for
 * foreign.
 */
export const rewrittenFault = ({ kind }: { kind: string }, owner: string): BackendFault =>
  new BackendFault('still-there', `${kind}: something was written again since its drop began: ${owner}`);
