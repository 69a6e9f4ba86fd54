import type { PrismaClient, SecretStore, TenantResource } from '@freeflow/db-master';
import { settleMs, type Backend, type Notes, type Secrets, type Target } from '../../backends/backend';
import { BackendFault, isUnanswered } from '../../backends/failures';
import { classify } from '../../backends/registry';
import type { StepContext } from '../attempt';
import { knownServer, targetOf, type Ledger } from '../ledger';
import type { Held, TenantLock } from '../tenant-lock';

export interface StepDependencies {
  db: PrismaClient;
  ledger: Ledger;
  secrets: SecretStore;
  lock: TenantLock;
  /** How long the server may go on with a call after we no longer wait for it, in ms. @default the call's own deadline */
  settleMarginMs?: number | undefined;
}

/** What a step works with, while it holds the tenant's lock on the backend. */
export interface StepScope extends StepDependencies {
  backend: Backend;
  context: StepContext;
  tenantName: string;
  /** The tenant's lock on the backend. */
  held: Held;
}

/** A ledger entry whose server has been seen to be the one that answers now. */
export type KnownEntry = TenantResource & { serverId: string };

/** Generates the tenant's secrets, stores them unless there are some already, and gives back the stored ones. */
export async function ensureSecrets(
  { backend, secrets, context }: StepScope,
  target: Target,
): Promise<{ values: Secrets; primaryRef: string }> {
  const fresh = await backend.generateSecrets(target);
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
 * What the ledger says is there, with its target.
 * @throws BackendFault `unexpected` when the ledger doesn't say so, `unknown-server` when another server answers
 */
export async function presentEntry({
  backend,
  ledger,
  context,
  tenantName,
  held,
}: StepScope): Promise<{ entry: KnownEntry; target: Target }> {
  const entry = await ledger.find(context.tenantId, backend.kind);
  if (entry === null || (entry.state !== 'present' && entry.state !== 'disabled'))
    throw new BackendFault('unexpected', `${backend.kind} isn't recorded as present`);
  const serverId = await classifyErrors(backend, () => knownServer(backend, entry));
  return { entry: { ...entry, serverId }, target: targetOf(entry, tenantName, held.signal) };
}

/** Calls of a sequence that follow each other more quickly than this share one announcement, in ms; far below any settle time. */
const ANNOUNCE_EVERY_MS = 1_000;

/**
 * Calls with an callWithIntent, each announced in the ledger: any answer, also a refusal, means that it won't take effect later on;
 * without one it may.
 * @param call is given the target by which it announces the further calls of a sequence
 */
export async function callWithIntent<T>(
  { backend, ledger, held }: Pick<StepScope, 'backend' | 'ledger' | 'held'>,
  entry: TenantResource,
  serverId: string,
  target: Target,
  call: (target: Target) => Promise<T>,
): Promise<T> {
  let announcedAt = await ledger.callStarts(entry, held, serverId);
  let next = performance.now() + ANNOUNCE_EVERY_MS;
  const announceCall = async () => {
    target.signal.throwIfAborted();
    if (performance.now() < next) return;
    announcedAt = await ledger.callStarts(entry, held, serverId);
    next = performance.now() + ANNOUNCE_EVERY_MS;
  };
  try {
    const result = await classifyErrors(backend, () => call({ ...target, announceCall }));
    await ledger.answered(entry, announcedAt);
    return result;
  } catch (error) {
    if (error instanceof BackendFault && !isUnanswered(error)) await ledger.answered(entry, announcedAt);
    throw error;
  }
}

/** When an earlier call that nobody answered can't take effect any more, by `performance.now()`, which no clock change moves. */
export async function settledAt(
  { backend, ledger, settleMarginMs }: StepScope,
  entry: TenantResource,
): Promise<number> {
  const forMs = await ledger.unansweredForMs(entry);
  return forMs === undefined ? 0 : performance.now() + settleMs(backend, settleMarginMs) - forMs;
}

/** The sentence of a step with what its backend noted behind it. */
export const withNotes = (sentence: string, notes: Notes): string => [sentence, ...notes].join('; ');

export async function classifyErrors<T>(backend: Backend, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw classify(backend.kind, error);
  }
}

export function changedResourceFault(
  { kind, name, externalId }: TenantResource,
  found: string | undefined,
): BackendFault {
  return new BackendFault(
    'changed-resource',
    `${kind}: ${name} has id ${found ?? 'none'}, recorded is ${externalId ?? 'none'}`,
  );
}
