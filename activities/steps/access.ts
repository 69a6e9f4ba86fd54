import { setTimeout as delay } from 'node:timers/promises';
import { masterNow, type TenantResource } from '@freeflow/db-master';
import type { AccessState, Backend, Notes, Secrets, Target } from '../../backends/backend';
import { sideBySide } from '../../backends/side-by-side';
import { classifyErrors } from '../backend-call';
import { stillValid } from '../credentials';
import { assertRecordedServer, type IntendedCall } from '../ledger';
import {
  assertOurs,
  callWithIntent,
  completeSecrets,
  describeUnread,
  describeUntried,
  findSettleTime,
  isTriable,
  loadProof,
  loadStoredSecrets,
  presentEntryOf,
  withNotes,
  type Proof,
  type StepScope,
  type VerifiedEntry,
} from './scope';

/** Cuts the tenant's access, and verifies that its own credentials are refused, as far as their secrets can be read. */
export async function disable(scope: StepScope): Promise<string> {
  const { backend, ledger, held } = scope;
  const current = loadProof(scope);
  const { entry, target, before } = await loadWith(
    scope,
    readWholeAccess,
    current.then(({ secrets }) => secrets),
  );
  const proofs = [await current, ...(await Promise.all(entry.retiring.map((version) => loadProof(scope, version))))];
  const notes = await changeUntilSettled(
    scope,
    { entry, target, kept: before === undefined ? {} : { accessBefore: before } },
    (at) => backend.disable(at),
    async () => {
      for (const it of proofs.filter((one) => isTriable(scope, one)))
        await backend.assertLockedOut({ ...target, credential: it.version }, it.secrets);
      return [];
    },
  );
  const untried = describeUntried(scope, proofs);
  await ledger.recordCut(entry, held);
  const refused = untried.length === 0 ? ": the tenant's credentials are refused" : '';
  return withNotes(`access to ${entry.name} cut${refused}`, [...notes, ...untried]);
}

/** Restores the tenant's access, and probes it. */
export async function enable(scope: StepScope): Promise<string> {
  const { backend, ledger, held } = scope;
  const { entry, target, stored, before } = await loadWith(scope, findAccessBefore, loadStoredSecrets(scope));
  // What is missing is made once it is certain that the resource is ours.
  const values = await completeSecrets(scope, target, stored);
  // Those whose time is over by now stay cut; a sweep ends them for good.
  const proofs = await Promise.all(
    stillValid(entry, await masterNow(scope.db)).map((version) => loadProof(scope, version)),
  );
  const others = proofs.filter((it) => isTriable(scope, it));
  const lost = proofs.filter((it) => !others.includes(it)).map(describeLost);
  const notes = await changeUntilSettled(
    scope,
    { entry, target },
    (at) => backend.enable(at, values, before, others),
    () => backend.probe(target, values, { before }),
  );
  await ledger.recordRestored(entry, held, backend.describeConnection(target));
  return withNotes(`access to ${entry.name} restored: the tenant's credentials work, and are refused elsewhere`, [
    ...notes,
    ...lost,
  ]);
}

/** What says that there is none any more; all else a person mends: another key, a login at the vault. */
const LOST: ReadonlySet<string> = new Set(['secret-not-found', 'secret-unreadable']);

/** @throws SecretError, VaultError where it is not lost: its credential is promised to be valid, and may be dropped */
function describeLost(proof: Proof): string {
  const { version, failure } = proof;
  if (failure !== undefined && !LOST.has(failure.code)) throw failure;
  return `version ${version} of the credential stays cut, ${describeUnread(proof)}`;
}

/** All that a change of access has to know. */
interface Known {
  entry: VerifiedEntry;
  target: Target;
  stored: Secrets;
  before: AccessState | undefined;
}

type ReadBefore = (
  scope: StepScope,
  entry: TenantResource,
  target: Target,
  secrets: Promise<Secrets>,
) => Promise<AccessState | undefined>;

/** Reads it side by side; of what is wrong the first counts, in this order. */
async function loadWith(scope: StepScope, readBefore: ReadBefore, secrets: Promise<Secrets>): Promise<Known> {
  const { backend } = scope;
  // Nobody may be there to hear of it yet: what is wrong with the entry comes first.
  secrets.catch(() => undefined);
  const { entry, target } = presentEntryOf(scope);
  const [serverId, , stored, before] = await sideBySide(
    classifyErrors(backend, () => assertRecordedServer(backend, entry)),
    assertOurs(scope, entry, target),
    secrets,
    readBefore(scope, entry, target, secrets),
  );
  return { entry: { ...entry, serverId }, target, stored, before };
}

/**
 * Until the first call has had an effect: after that one would keep what it has left, before it what may have changed
 * since. An earlier call may have its effect at any moment, so only what shows no cut *after* the access was read was
 * read whole: nothing but an enable takes a cut back.
 */
async function readWholeAccess(...[{ backend }, entry, target, secrets]: Parameters<ReadBefore>) {
  if (entry.state !== 'present') return undefined;
  const read = await readAccess(backend, target, secrets);
  if (entry.accessBefore === null) return read;
  const isCutBegun = await classifyErrors(backend, async () => backend.isCutBegun?.(target));
  return isCutBegun === false ? read : undefined;
}

/** What was kept; for the undo of a suspension that never got here the access as it is: it stays so. */
const findAccessBefore: ReadBefore = async ({ backend }, entry, target, secrets) =>
  entry.state === 'present' && entry.accessBefore === null
    ? readAccess(backend, target, secrets)
    : ((entry.accessBefore ?? undefined) as AccessState | undefined);

const readAccess = (backend: Backend, target: Target, secrets: Promise<Secrets>): Promise<AccessState | undefined> =>
  classifyErrors(backend, async () => backend.readAccessState?.(target, secrets));

interface Change {
  entry: VerifiedEntry;
  target: Target;
  /** What it changes, as it was: kept with its announcement. */
  kept?: Pick<IntendedCall, 'accessBefore' | 'limitsBefore'>;
}

/**
 * Changes a resource and verifies it, and does both again once no earlier unanswered call can reverse it any more.
 * @returns the backend's remarks, each once
 */
export async function changeUntilSettled(
  scope: StepScope,
  { entry, target, kept = {} }: Change,
  change: (target: Target) => Promise<Notes>,
  verify: () => Promise<Notes>,
): Promise<Notes> {
  const { backend } = scope;
  const intended = { serverId: entry.serverId, ...kept };
  const notes = new Set<string>();
  for (const settledAt = await findSettleTime(scope, entry); ;) {
    const isSettled = performance.now() >= settledAt;
    for (const note of await callWithIntent(scope, entry, intended, target, change)) notes.add(note);
    for (const note of await classifyErrors(backend, verify)) notes.add(note);
    if (isSettled) break;
    await delay(Math.max(0, settledAt - performance.now()), undefined, { signal: target.signal });
  }
  return [...notes];
}
