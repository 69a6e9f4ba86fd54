import { setTimeout as delay } from 'node:timers/promises';
import type { AccessState, Backend, Notes, Secrets, Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { classifyErrors } from '../backend-call';
import {
  assertSameId,
  callWithIntent,
  ensureSecrets,
  findSettleTime,
  loadPresentEntry,
  withNotes,
  type StepScope,
  type VerifiedEntry,
} from './scope';

/** Cuts the tenant's access, and verifies that its own credentials are refused. */
export async function disable(scope: StepScope): Promise<string> {
  const { backend, ledger, held } = scope;
  const { entry, target } = await loadPresentEntry(scope);
  await assertOurs(scope, entry, target);
  // Until the first call has had an effect: after that one would keep what it has left, before it what may have changed since.
  const isAccessWhole =
    entry.state === 'present' &&
    (entry.accessBefore === null ||
      (await classifyErrors(backend, async () => (await backend.isCutBegun?.(target)) === false)));
  const { values } = await ensureSecrets(scope, target);
  const before = isAccessWhole ? await readAccess(backend, target, values) : undefined;
  if (before !== undefined) await ledger.keepAccess(entry, held, before);
  const notes = await changeAccess(
    scope,
    entry,
    target,
    'disabled',
    (at) => backend.disable(at),
    () => backend.assertLockedOut(target, values),
  );
  return withNotes(`access to ${entry.name} cut: the tenant's credentials are refused`, notes);
}

/** Restores the tenant's access, and probes it. */
export async function enable(scope: StepScope): Promise<string> {
  const { backend, ledger } = scope;
  const { entry, target } = await loadPresentEntry(scope);
  await assertOurs(scope, entry, target);
  const { values } = await ensureSecrets(scope, target);
  // The undo of a suspension that never got here: the access stays as it is.
  const before =
    entry.state === 'present' && entry.accessBefore === null
      ? await readAccess(backend, target, values)
      : ((entry.accessBefore ?? undefined) as AccessState | undefined);
  const notes = await changeAccess(
    scope,
    entry,
    target,
    'present',
    (at) => backend.enable(at, values, before),
    () => backend.probe(target, values, { before }),
  );
  await ledger.refreshConnection(entry, scope.held, backend.describeConnection(target));
  return withNotes(`access to ${entry.name} restored: the tenant's credentials work, and are refused elsewhere`, notes);
}

const readAccess = (backend: Backend, target: Target, secrets: Secrets): Promise<AccessState | undefined> =>
  classifyErrors(backend, async () => backend.readAccessState?.(target, secrets));

/**
 * Changes the access and verifies it, and does both again once no earlier unanswered call can reverse it any more.
 * @returns the backend's remarks, each once
 */
async function changeAccess(
  scope: StepScope,
  entry: VerifiedEntry,
  target: Target,
  state: 'present' | 'disabled',
  change: (target: Target) => Promise<Notes>,
  verify: () => Promise<void>,
): Promise<Notes> {
  const { backend, ledger } = scope;
  const notes = new Set<string>();
  for (const settledAt = await findSettleTime(scope, entry); ;) {
    const isSettled = performance.now() >= settledAt;
    for (const note of await callWithIntent(scope, entry, { serverId: entry.serverId }, target, change))
      notes.add(note);
    await classifyErrors(backend, verify);
    if (isSettled) break;
    await delay(Math.max(0, settledAt - performance.now()), undefined, { signal: target.signal });
  }
  await ledger.recordAccess(entry, scope.held, state);
  return [...notes];
}

/** @throws BackendFault `foreign-resource`, `missing-resource` or `changed-resource` unless the whole recorded resource is there */
async function assertOurs({ backend }: StepScope, entry: VerifiedEntry, target: Target): Promise<void> {
  const found = await classifyErrors(backend, () => backend.inspect(target));
  if (found.state === 'foreign') throw new BackendFault('foreign-resource', `${backend.kind}: ${found.owner}`);
  if (found.state === 'absent')
    throw new BackendFault('missing-resource', `${backend.kind}: ${entry.name} does not exist any more`);
  if (found.partial !== undefined)
    throw new BackendFault(
      'missing-resource',
      `${backend.kind}: only a part of ${entry.name} carries the ownership nonce: ${found.partial}`,
    );
  assertSameId(entry, found.externalId);
}
