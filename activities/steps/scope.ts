import type { Plans } from '@freeflow/contract/plans';
import type { PrismaClient, TenantResource } from '@freeflow/db-master';
import { SecretError, type SecretStore } from '@freeflow/lib/secrets';
import { VaultError } from '@freeflow/lib/vault';
import { settleMs, type Backend, type Notes, type Secrets, type Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import type { StepContext } from '../attempt';
import { callAnnounced, classifyErrors, unansweredForMs, type AnnouncedCall } from '../backend-call';
import { findCredential, rotatedName } from '../credentials';
import { assertRecordedServer, targetOf, type IntendedCall, type Ledger } from '../ledger';
import type { Held, TenantLock } from '../tenant-lock';
import type { Subject } from './load-subject';

export interface StepDependencies {
  db: PrismaClient;
  ledger: Ledger;
  secrets: SecretStore;
  lock: TenantLock;
  /** The plans of the installation, by their names. */
  plans: Plans;
  /** How long a server may go on with a call after its timeout, in ms. @default the call's own timeout */
  settleMarginMs?: number | undefined;
}

/** All that a step has at hand while it holds the tenant's lock on the backend. */
export interface StepScope extends StepDependencies, Subject {
  backend: Backend;
  context: StepContext;
  /** The tenant's lock on the backend. */
  held: Held;
}

/** A ledger entry whose recorded server is the one that answers now. */
export type VerifiedEntry = TenantResource & { serverId: string };

/** Generates the tenant's secrets, stores those that are not stored yet, and returns the stored ones. */
export async function ensureSecrets(
  { backend, secrets, context }: StepScope,
  target: Target,
): Promise<{ values: Secrets; primaryRef: string }> {
  const fresh = await backend.generateSecrets(target);
  // A late attempt leaves nothing behind a hard delete.
  target.signal.throwIfAborted();
  const kept = await Promise.all(
    Object.entries(fresh).map(async ([name, value]) => {
      context.secrets.add(value);
      const stored = await secrets.keep({ tenantId: context.tenantId, backend: backend.kind, name }, value);
      context.secrets.add(stored.value);
      return { name, ...stored };
    }),
  );
  return { values: Object.fromEntries(kept.map(({ name, value }) => [name, value])), primaryRef: kept[0]?.ref ?? '' };
}

/**
 * The tenant's secrets, as far as they are stored. Writes nothing.
 * @param version that of the credential; the one that is handed out when left out
 */
export async function loadStoredSecrets(
  { backend, secrets, context, entry }: StepScope,
  version = entry?.credential ?? 1,
): Promise<Secrets> {
  const stored = await findCredential(secrets, { tenantId: context.tenantId, backend }, version);
  for (const value of Object.values(stored)) context.secrets.add(value);
  return stored;
}

/** The secret of one version of a credential, or why it can't be read. */
export interface Proof {
  version: number;
  /** By which a login can be tried; empty where there is none. */
  secrets: Secrets;
  failure?: SecretError | VaultError;
}

/**
 * By what it is tried whether a credential is refused. Nothing that takes access away depends on it: what can't be read
 * is no reason to leave a login open.
 * @param version the one that is handed out when left out
 */
export async function loadProof(
  { backend, secrets, context, entry }: StepScope,
  version = entry?.credential ?? 1,
): Promise<Proof> {
  const name = rotatedName(backend);
  try {
    const found = await secrets.findAll({ tenantId: context.tenantId, backend: backend.kind }, [name], version);
    const value = found.get(name)?.value;
    if (value === undefined) return { version, secrets: {} };
    context.secrets.add(value);
    return { version, secrets: { [name]: value } };
  } catch (error) {
    if (!(error instanceof SecretError || error instanceof VaultError)) throw error;
    return { version, secrets: {}, failure: error };
  }
}

export const isTriable = ({ backend }: Pick<StepScope, 'backend'>, { secrets }: Proof): boolean =>
  rotatedName(backend) in secrets;

/** Why it can't be tried, for people. */
export const describeUnread = ({ failure }: Proof): string =>
  `since its secret can't be read (${failure?.code ?? 'it is not stored any more'})`;

/**
 * Once access is taken away: what of it could not be tried.
 * @throws VaultError `vault-unavailable`: it can be, later
 */
export function describeUntried(scope: Pick<StepScope, 'backend'>, proofs: readonly Proof[]): Notes {
  const untried = proofs.filter((it) => !isTriable(scope, it));
  for (const { failure } of untried) if (failure?.code === 'vault-unavailable') throw failure;
  return untried.map((it) => `whether version ${it.version} is refused was not tried, ${describeUnread(it)}`);
}

/**
 * Where one is missing of those that are stored, as one that older versions did not have, it is made now; never that of
 * a rotation, which has been handed out.
 */
export async function completeSecrets(scope: StepScope, target: Target, stored: Secrets): Promise<Secrets> {
  const missing = scope.backend.secretNames.filter((it) => !(it in stored));
  if (missing.length === 0) return stored;
  const { credential = 1 } = target;
  if (credential > 1 && missing.includes(rotatedName(scope.backend)))
    throw new BackendFault('unexpected', `the secret of version ${credential} is not stored any more`);
  return { ...(await ensureSecrets(scope, target)).values, ...stored };
}

/** All of the tenant's secrets, see {@link completeSecrets}. */
export const loadSecrets = async (scope: StepScope, target: Target): Promise<Secrets> =>
  completeSecrets(scope, target, await loadStoredSecrets(scope));

/**
 * The ledger entry of a resource that is present or disabled, with its target.
 * @throws BackendFault `unexpected` when the ledger records no such resource, `unknown-server` when another server
 * answers
 */
export async function loadPresentEntry(scope: StepScope): Promise<{ entry: VerifiedEntry; target: Target }> {
  const { entry, target } = presentEntryOf(scope);
  const serverId = await classifyErrors(scope.backend, () => assertRecordedServer(scope.backend, entry));
  return { entry: { ...entry, serverId }, target };
}

/** The same, without a look at which server answers. @throws BackendFault `unexpected` */
export function presentEntryOf({ backend, entry, tenantName, held }: StepScope): {
  entry: TenantResource;
  target: Target;
} {
  if (entry === null || (entry.state !== 'present' && entry.state !== 'disabled'))
    throw new BackendFault('unexpected', `the ledger does not record ${backend.kind} as present`);
  return { entry, target: targetOf(entry, tenantName, held.signal) };
}

/** Makes calls with an effect at a resource of the ledger, each announced there before: see {@link callAnnounced}. */
export function callWithIntent<T>(
  { backend, ledger, held }: Pick<StepScope, 'backend' | 'ledger' | 'held'>,
  entry: TenantResource,
  intended: IntendedCall,
  target: Target,
  call: (target: Target) => Promise<T>,
): Promise<T> {
  const record = {
    start: () => ledger.recordCallStart(entry, held, intended),
    clear: (it: AnnouncedCall) => ledger.clearCallIntent(entry, it),
  };
  return callAnnounced(backend, record, target, call);
}

/**
 * When an earlier unanswered call can take no effect any more, by `performance.now()`, which no clock change moves; 0
 * where there is none.
 */
export async function findSettleTime(
  { backend, db, settleMarginMs }: StepScope,
  entry: TenantResource,
): Promise<number> {
  const forMs = await unansweredForMs(db, entry);
  return forMs === undefined ? 0 : performance.now() + settleMs(backend, settleMarginMs) - forMs;
}

/** The message of a step, followed by the backend's remarks. */
export const withNotes = (message: string, notes: Notes): string => [message, ...notes].join('; ');

/**
 * @throws BackendFault `foreign-resource`, `missing-resource` or `changed-resource` unless the whole recorded resource
 * is there
 */
export async function assertOurs({ backend }: StepScope, entry: TenantResource, target: Target): Promise<void> {
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

/**
 * Checks that the resource has the id that the ledger records; where either has none, nothing is compared.
 * @throws BackendFault `changed-resource`
 */
export function assertSameId(entry: TenantResource, found: string | undefined): void {
  if (found !== undefined && entry.externalId !== null && found !== entry.externalId)
    throw changedResourceFault(entry, found);
}

export function changedResourceFault(
  { kind, name, externalId }: TenantResource,
  found: string | undefined,
): BackendFault {
  return new BackendFault(
    'changed-resource',
    `${kind}: ${name} has id ${found ?? 'none'}, the ledger records ${externalId ?? 'none'}`,
  );
}
