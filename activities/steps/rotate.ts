import { masterNow, type TenantResource } from '@freeflow/db-master';
import type { Notes, Secrets, Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { LOGINS_IN_TURN } from '../../backends/logins-in-turn';
import { classifyErrors } from '../backend-call';
import { overdue, rotatedName } from '../credentials';
import { changeUntilSettled } from './access';
import {
  assertOurs,
  completeSecrets,
  loadPresentEntry,
  loadStoredSecrets,
  withNotes,
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
  const current = { version: entry.credential, secrets: await loadCurrent(scope, target) };
  const version = entry.credential + 1;
  refuseSharedLogin(entry, version);
  if (entry.nextCredential !== version) await ledger.intendCredential(entry, held, version);
  const next = { version, secrets: { ...current.secrets, ...(await keepNext(scope, target, version)) } };
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
 * Three logins take turns: one that an on-call's skip has left would be the new one as well, and be ended with it.
 * @throws BackendFault `conflict`
 */
function refuseSharedLogin({ name, retiring }: TenantResource, version: number): void {
  const left = retiring.find((it) => version - it >= LOGINS_IN_TURN);
  if (left === undefined) return;
  throw new BackendFault(
    'conflict',
    `version ${left} of the credential of ${name} has to be ended first; a sweep does`,
  );
}

/** Ends the credential that was being made, and forgets its secret; those before stay as they are. */
export async function withdraw(scope: StepScope): Promise<string> {
  const { backend, ledger, held, entry } = scope;
  if (entry === null || entry.nextCredential === null) return 'nothing to withdraw: no new credential was made';
  const { nextCredential: version } = entry;
  const { entry: verified, target } = await loadPresentEntry(scope);
  const notes = await endCredential(scope, verified, target, version, (at) => backend.withdraw(at, version));
  await ledger.recordWithdrawn(verified, held);
  return withNotes(`version ${version} of the credential of ${verified.name} is withdrawn, and refused`, notes);
}

/**
 * Ends the credentials whose time is over, one after the other, and sees them refused and the present one let in. Each
 * is forgotten only then: until that it can be ended again.
 */
export async function retire(scope: StepScope): Promise<string> {
  const { db, backend, ledger, held } = scope;
  if (scope.entry === null || scope.entry.retiring.length === 0) return 'no credential is to be ended';
  const versions = overdue(scope.entry, await masterNow(db));
  if (versions.length === 0) return 'the credentials before are to stay valid for now';
  const { entry, target } = await loadPresentEntry(scope);
  const current = await loadCurrent(scope, target);
  const notes: string[] = [];
  for (const version of versions) {
    notes.push(...(await endCredential(scope, entry, target, version, (at) => backend.retire(at, version))));
    await ledger.recordRetired(entry, held, version);
  }
  await classifyErrors(backend, () => backend.probe(target, current));
  const which = versions.length === 1 ? `version ${versions[0]}` : `versions ${versions.join(', ')}`;
  return withNotes(
    `${which} of the credential of ${entry.name} ended, and refused; version ${entry.credential} works`,
    notes,
  );
}

const loadCurrent = async (scope: StepScope, target: Target): Promise<Secrets> =>
  completeSecrets(scope, target, await loadStoredSecrets(scope));

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

/** Ends a credential, tries it in vain, and destroys its secret: as long as that is stored it can be tried. */
async function endCredential(
  scope: StepScope,
  entry: VerifiedEntry,
  target: Target,
  version: number,
  end: (target: Target) => Promise<Notes>,
): Promise<Notes> {
  const { backend, secrets, context } = scope;
  const name = rotatedName(backend);
  const stored = await loadStoredSecrets(scope, version);
  const notes = await changeUntilSettled(scope, { entry, target }, end, async () => {
    if (name in stored) await backend.assertRefused({ ...target, credential: version }, stored);
    return [];
  });
  // The next rotation has the same version again: an attempt that has lost its lock destroys that one's secret.
  await scope.ledger.recordSettled(entry, scope.held);
  await secrets.destroy({ tenantId: context.tenantId, backend: backend.kind, name }, version);
  return notes;
}
