import { masterNow, type TenantResource } from '@freeflow/db-master';
import type { Notes, Secrets, Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { nextVersion } from '../../backends/logins-in-turn';
import { classifyErrors } from '../backend-call';
import { overdue, rotatedName } from '../credentials';
import { changeUntilSettled } from './access';
import {
  assertOurs,
  describeUntried,
  isTriable,
  loadPresentEntry,
  loadProof,
  withNotes,
  type Proof,
  type StepScope,
  type VerifiedEntry,
} from './scope';

/**
 * Makes a new credential valid beside those that are, and probes it. What is about to be made is on record first, then
 * its secret, then it is made: whatever dies in between, the store knows each credential that may work.
 */
export async function issue(scope: StepScope): Promise<string> {
  const { backend, ledger, held, context } = scope;
  const { entry, target } = await loadPresentEntry(scope);
  if (entry.rotatedBy === context.operationId) return `${entry.name} has its new credential already`;
  if (entry.state !== 'present')
    throw new BackendFault('unexpected', `the ledger records ${entry.name} as ${entry.state}`);
  await assertOurs(scope, entry, target);
  // Its own secret may be lost: another one is what helps then.
  const current = await loadProof(scope);
  const version = entry.nextCredential ?? nextVersionOf(entry);
  if (entry.nextCredential !== version) await ledger.intendCredential(entry, held, version);
  const next = { version, secrets: await keepNext(scope, target, version) };
  const probed: Target = { ...target, credential: version };
  const notes = await changeUntilSettled(
    scope,
    { entry, target },
    (at) => backend.issue(at, next, current),
    () => backend.probe(probed, next.secrets),
  );
  await ledger.recordIssued(entry, held, backend.describeConnection(probed).username);
  return withNotes(`version ${version} of the credential of ${entry.name} is valid beside those before`, notes);
}

/**
 * The next number whose login is free: three take turns, and one that an on-call's skip has left would be ended with
 * the new one.
 * @throws BackendFault `conflict`
 */
function nextVersionOf(entry: TenantResource): number {
  const version = nextVersion(Math.max(entry.credential, entry.lastCredential), [entry.credential, ...entry.retiring]);
  if (version !== undefined) return version;
  throw new BackendFault(
    'conflict',
    `version ${entry.retiring[0] ?? 1} of the credential of ${entry.name} has to be ended first; a sweep does`,
  );
}

/** Ends the credential that was being made, and forgets its secret; those before stay as they are. */
export async function withdraw(scope: StepScope): Promise<string> {
  const { backend, ledger, held, entry } = scope;
  if (entry === null || entry.nextCredential === null) return 'nothing to withdraw: no new credential was made';
  const { nextCredential: version } = entry;
  const { entry: verified, target } = await loadPresentEntry(scope);
  const ended = await endCredential(scope, verified, target, version, (at) => backend.withdraw(at, version));
  const untried = describeUntried(scope, [ended.proof]);
  await forgetSecret(scope, verified, version);
  await ledger.recordWithdrawn(verified, held);
  return withNotes(`version ${version} of the credential of ${verified.name} is withdrawn, and refused`, [
    ...ended.notes,
    ...untried,
  ]);
}

/**
 * Ends the credentials whose time is over and sees them refused and the present one let in. Each is forgotten only once
 * all are ended: until that it can be ended again, and what is wrong with the secret of one leaves no other one open.
 */
export async function retire(scope: StepScope): Promise<string> {
  const { db, backend, ledger, held } = scope;
  if (scope.entry === null || scope.entry.retiring.length === 0) return 'no credential is to be ended';
  const versions = overdue(scope.entry, await masterNow(db));
  if (versions.length === 0) return 'the credentials before are to stay valid for now';
  const { entry, target } = await loadPresentEntry(scope);
  const notes: string[] = [];
  const proofs: Proof[] = [];
  for (const version of versions) {
    const ended = await endCredential(scope, entry, target, version, (at) => backend.retire(at, version));
    notes.push(...ended.notes);
    proofs.push(ended.proof);
  }
  notes.push(...describeUntried(scope, proofs));
  for (const version of versions) {
    await forgetSecret(scope, entry, version);
    await ledger.recordRetired(entry, held, version);
  }
  const works = await probePresent(scope, target);
  const which = versions.length === 1 ? `version ${versions[0]}` : `versions ${versions.join(', ')}`;
  return withNotes(`${which} of the credential of ${entry.name} ended, and refused; ${works}`, notes);
}

/** @throws VaultError `vault-unavailable`; where the secret is lost that is reported: another rotation helps */
async function probePresent(scope: StepScope, target: Target): Promise<string> {
  const { backend } = scope;
  const present = await loadProof(scope);
  if (present.failure?.code === 'vault-unavailable') throw present.failure;
  if (!isTriable(scope, present))
    return `whether version ${present.version} works was not tried, since its secret can't be read: rotate again`;
  await classifyErrors(backend, () => backend.probe(target, present.secrets));
  return `version ${present.version} works`;
}

/** The secret of the new credential: the first that was stored, by whichever attempt. */
async function keepNext({ backend, secrets, context }: StepScope, target: Target, version: number): Promise<Secrets> {
  const name = rotatedName(backend);
  const fresh = (await backend.generateSecrets(target))[name] ?? '';
  context.secrets.add(fresh);
  target.signal.throwIfAborted();
  const { value } = await secrets.keep({ tenantId: context.tenantId, backend: backend.kind, name }, fresh, version);
  context.secrets.add(value);
  return { [name]: value };
}

/** Ends a credential, and tries it in vain where its secret can be read. */
async function endCredential(
  scope: StepScope,
  entry: VerifiedEntry,
  target: Target,
  version: number,
  end: (target: Target) => Promise<Notes>,
): Promise<{ notes: Notes; proof: Proof }> {
  const { backend } = scope;
  const proof = await loadProof(scope, version);
  const notes = await changeUntilSettled(scope, { entry, target }, end, async () => {
    if (isTriable(scope, proof)) await backend.assertRefused({ ...target, credential: version }, proof.secrets);
    return [];
  });
  return { notes, proof };
}

/** Destroys the secret of a credential that was ended: as long as it is stored that can be tried. */
async function forgetSecret(
  { backend, ledger, held, secrets, context }: StepScope,
  entry: VerifiedEntry,
  version: number,
): Promise<void> {
  // An attempt that has lost its lock destroys no secret.
  await ledger.recordSettled(entry, held);
  await secrets.destroy({ tenantId: context.tenantId, backend: backend.kind, name: rotatedName(backend) }, version);
}
