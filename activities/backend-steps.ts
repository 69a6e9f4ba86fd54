import type { BackendKind, PrismaClient, SecretStore, TenantResource } from '@freeflow/db-master';
import { attempted, stepName, type StepContext, type StepInput } from './attempt';
import type { Backend, Secrets, Target } from './backend';
import { BackendFault, classify, isUnanswered } from './failures';
import { knownServer, targetOf, type Ledger } from './ledger';
import type { TenantLock } from './tenant-lock';

export interface StepDependencies {
  db: PrismaClient;
  ledger: Ledger;
  secrets: SecretStore;
  lock: TenantLock;
}

type Activity = (input: StepInput) => Promise<void>;
export type BackendActivities = Record<`${BackendKind}.${'create' | 'probe' | 'drop'}`, Activity>;

/** How long a step waits for an earlier attempt that still works; then it is retried like any other failure. */
const LOCK_WAIT_MS = 20_000;
const SETTLE_POLL_MS = 500;

/** The activities of one backend. Each holds the tenant's lock on that backend around everything it does there. */
export function backendActivities(backend: Backend, dependencies: StepDependencies) {
  const { kind } = backend;
  const { db, lock } = dependencies;
  const verbs = { create, probe, drop };
  const activities = Object.entries(verbs).map(([verb, run]) => {
    const locked = (context: StepContext) =>
      lock.hold(`${context.tenantId}/${kind}`, LOCK_WAIT_MS, context.cancelled, async (signal) => {
        const tenantName = await stillOurs(db, context);
        return run({ ...dependencies, backend, context, tenantName, signal });
      });
    return [stepName(kind, verb), attempted(db, stepName(kind, verb), locked)];
  });
  return Object.fromEntries(activities) as BackendActivities;
}

interface Work extends StepDependencies {
  backend: Backend;
  context: StepContext;
  tenantName: string;
  signal: AbortSignal;
}

/**
 * Looks, under the lock, whether this run is still the one that works on the operation: an attempt of an older run
 * that waited for the lock must not act any more.
 * @throws BackendFault `superseded`
 */
async function stillOurs(db: PrismaClient, { operationId, runId, cancelled }: StepContext): Promise<string> {
  cancelled.throwIfAborted();
  const operation = await db.tenantOperation.findUniqueOrThrow({ where: { id: operationId }, include: { tenant: { select: { name: true } } } });
  if (operation.endedAt !== null || operation.runId !== runId) throw new BackendFault('superseded', `run ${operation.runId ?? 'none'} works on this operation now`);
  return operation.tenant.name;
}

async function create(work: Work): Promise<string> {
  const { backend, ledger } = work;
  const entry = await ledger.intend(work.context.tenantId, backend.kind);
  const serverId = await judged(backend, () => knownServer(backend, entry));
  const target = targetOf(entry, work.tenantName, work.signal);
  const { values, primaryRef } = await keptSecrets(work, target);
  await ledger.callStarts(entry, serverId);
  const made = await answeredBy(work, entry, () => backend.create(target, values));
  if (entry.externalId !== null && made.externalId !== entry.externalId) throw changed(entry, made.externalId);
  await ledger.present(entry, made, primaryRef);
  return `${entry.name} made${made.externalId === undefined ? '' : ` (id ${made.externalId})`}`;
}

async function probe(work: Work): Promise<string> {
  const { backend, ledger, context } = work;
  const entry = await ledger.find(context.tenantId, backend.kind);
  if (entry?.state !== 'present') throw new BackendFault('unexpected', `${backend.kind} isn't recorded as present`);
  const target = targetOf(entry, work.tenantName, work.signal);
  const { values } = await keptSecrets(work, target);
  await judged(backend, () => backend.probe(target, values));
  return `${entry.name} reads and writes its own, and is refused elsewhere`;
}

/** Drops what is ours; repeats until absence has been read back. What was never made, or isn't ours, is left alone. */
async function drop(work: Work): Promise<string> {
  const { backend, ledger, context } = work;
  const entry = await ledger.find(context.tenantId, backend.kind);
  if (entry === null || entry.serverId === null) {
    if (entry) await ledger.absent(entry);
    return 'nothing was ever made here';
  }
  const serverId = await judged(backend, () => knownServer(backend, entry));
  const target = targetOf(entry, work.tenantName, work.signal);
  const message = await judged(backend, () => dropUntilAbsent(work, target, { ...entry, serverId }));
  await ledger.absent(entry);
  return message;
}

async function dropUntilAbsent(work: Work, target: Target, entry: TenantResource & { serverId: string }): Promise<string> {
  const { backend, ledger } = work;
  const { name } = target;
  // An earlier call that nobody answered may still take effect: a create could bring the thing back, and a drop could hit
  // the next tenant of this name. So absence counts only once its time is over.
  const settledAt = entry.callStartedAt === null ? 0 : entry.callStartedAt.getTime() + backend.callTimeoutMs;
  for (let dropped = false; ; ) {
    const found = await backend.inspect(target);
    if (found.state === 'foreign') return `left alone: ${found.owner}`;
    if (found.state === 'ours') {
      if (found.externalId !== undefined && entry.externalId !== null && found.externalId !== entry.externalId) throw changed(entry, found.externalId);
      await ledger.callStarts(entry, entry.serverId);
      await answeredBy(work, entry, () => backend.drop(target));
      await ledger.answered(entry);
      dropped = true;
    } else if (Date.now() >= settledAt) {
      return dropped ? `${name} dropped and seen absent` : `${name} was absent already`;
    } else {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
    }
    target.signal.throwIfAborted();
  }
}

/** Generates the tenant's secrets, stores them unless there are some already, and gives back the stored ones. */
async function keptSecrets({ backend, secrets, context }: Work, target: Target): Promise<{ values: Secrets; primaryRef: string }> {
  const fresh = await backend.newSecrets(target);
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

/** A call with an effect: any answer, also a refusal, means that it won't take effect later on. */
async function answeredBy<T>(work: Work, entry: TenantResource, call: () => Promise<T>): Promise<T> {
  try {
    return await judged(work.backend, call);
  } catch (error) {
    if (error instanceof BackendFault && !isUnanswered(error)) await work.ledger.answered(entry);
    throw error;
  }
}

async function judged<T>(backend: Backend, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw classify(backend.kind, error);
  }
}

function changed({ kind, name, externalId }: TenantResource, found: string | undefined): BackendFault {
  return new BackendFault('changed-resource', `${kind}: ${name} has id ${found ?? 'none'}, recorded is ${externalId ?? 'none'}`);
}
