import { setTimeout as delay } from 'node:timers/promises';
import type { AccessState, Backend, Notes, Secrets, Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import {
  changedResourceFault,
  callWithIntent,
  classifyErrors,
  ensureSecrets,
  presentEntry,
  settledAt,
  withNotes,
  type KnownEntry,
  type StepScope,
} from './scope';

/** Cuts the tenant off, and sees its own credentials refused. */
export async function disable(scope: StepScope): Promise<string> {
  const { backend, ledger, held } = scope;
  const { entry, target } = await presentEntry(scope);
  await refuseStranger(scope, entry, target);
  // Until the first call has had an effect: after that one would keep what it has left, before it what may have changed since.
  const isToBeKept =
    entry.state === 'present' &&
    (entry.accessBefore === null ||
      (await classifyErrors(backend, async () => (await backend.isCutBegun?.(target)) === false)));
  const { values } = await ensureSecrets(scope, target);
  const now = isToBeKept ? await accessNow(backend, target, values) : undefined;
  if (now !== undefined) await ledger.keepAccess(entry, held, now);
  const notes = await change(
    scope,
    entry,
    target,
    'disabled',
    (at) => backend.disable(at),
    () => backend.assertLockedOut(target, values),
  );
  return withNotes(`${entry.name} is cut off: the tenant's own credentials are refused`, notes);
}

/** Gives the access back, and tries it out as the tenant. */
export async function enable(scope: StepScope): Promise<string> {
  const { backend, ledger } = scope;
  const { entry, target } = await presentEntry(scope);
  await refuseStranger(scope, entry, target);
  const { values } = await ensureSecrets(scope, target);
  // The undo of a suspension that never came here: what there is stays.
  const before =
    entry.state === 'present' && entry.accessBefore === null
      ? await accessNow(backend, target, values)
      : ((entry.accessBefore ?? undefined) as AccessState | undefined);
  const notes = await change(
    scope,
    entry,
    target,
    'present',
    (at) => backend.enable(at, values, before),
    () => backend.probe(target, values, { before }),
  );
  await ledger.refreshConnection(entry, scope.held, backend.describeConnection(target));
  return withNotes(`${entry.name} is given back: the tenant's own credentials work, and are refused elsewhere`, notes);
}

const accessNow = (backend: Backend, target: Target, secrets: Secrets): Promise<AccessState | undefined> =>
  classifyErrors(backend, async () => backend.readAccessState?.(target, secrets));

/** Acts and looks, and acts again once no earlier unanswered call can turn it round any more. Gives what was noted, each once. */
async function change(
  scope: StepScope,
  entry: KnownEntry,
  target: Target,
  state: 'present' | 'disabled',
  act: (target: Target) => Promise<Notes>,
  look: () => Promise<void>,
): Promise<Notes> {
  const { backend, ledger } = scope;
  const notes = new Set<string>();
  for (const end = await settledAt(scope, entry); ;) {
    const isSettled = performance.now() >= end;
    for (const note of await callWithIntent(scope, entry, entry.serverId, target, act)) notes.add(note);
    await classifyErrors(backend, look);
    if (isSettled) break;
    await delay(Math.max(0, end - performance.now()), undefined, { signal: target.signal });
  }
  await ledger.reached(entry, scope.held, state);
  return [...notes];
}

async function refuseStranger({ backend }: StepScope, entry: KnownEntry, target: Target): Promise<void> {
  const found = await classifyErrors(backend, () => backend.inspect(target));
  if (found.state === 'foreign') throw new BackendFault('foreign-resource', `${backend.kind}: ${found.owner}`);
  if (found.state === 'absent')
    throw new BackendFault('missing-resource', `${backend.kind}: ${entry.name} isn't there any more`);
  if (found.partial !== undefined)
    throw new BackendFault(
      'missing-resource',
      `${backend.kind}: of ${entry.name} only a part carries the tenant's mark: ${found.partial}`,
    );
  if (found.externalId !== undefined && entry.externalId !== null && found.externalId !== entry.externalId)
    throw changedResourceFault(entry, found.externalId);
}
