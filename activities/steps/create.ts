import type { TenantResource } from '@freeflow/db-master';
import type { Target } from '../../backends/backend';
import { classifyErrors } from '../backend-call';
import { filesOfVersion } from '../blueprint/stored';
import { assertRecordedServer, targetOf } from '../ledger';
import { findPlan } from '../plans';
import { clearCallOnceDone } from './call-effect';
import {
  callWithIntent,
  changedResourceFault,
  ensureSecrets,
  loadPresentEntry,
  loadSecrets,
  withNotes,
  type StepScope,
} from './scope';

/** Creates the tenant's resource, or verifies and completes what an earlier attempt created. */
export async function create(scope: StepScope): Promise<string> {
  const { backend, ledger } = scope;
  // First of all: what can't be limited is not made.
  const plan = findPlan(scope.plans, scope.tenantPlan);
  const intended = scope.entry ?? (await intend(scope));
  const serverId = await classifyErrors(backend, () => assertRecordedServer(backend, intended));
  const target = targetOf(intended, scope.tenantName, scope.held.signal, plan);
  const entry = await lookForEffect(scope, intended, target);
  const { values, primaryRef } = await ensureSecrets(scope, target);
  const files = await filesOfVersion(scope.db, scope.blueprintVersion, backend.kind);
  const call = { serverId, verb: 'create', isOneCall: backend.isOneCall?.(target) ?? false } as const;
  const created = await callWithIntent(scope, entry, call, target, (at) => backend.create(at, values, files));
  if (entry.externalId !== null && created.externalId !== entry.externalId)
    throw changedResourceFault(entry, created.externalId);
  await ledger.recordPresent(entry, scope.held, created, primaryRef);
  const id = created.externalId === undefined ? '' : ` (id ${created.externalId})`;
  const message = `${entry.name} created${id}${plan === undefined ? '' : `, limited by plan ${scope.tenantPlan ?? ''}`}`;
  return withNotes(message, created.notes ?? []);
}

/** Records what is to be created: of a blank resource at this very server, where the pool has one. */
async function intend({
  backend,
  ledger,
  resourceName: name,
  context: { tenantId, operationId, runId },
}: StepScope): Promise<TenantResource> {
  const { kind, pool } = backend;
  const resource = { tenantId, kind, name };
  if (pool === undefined || pool.size === 0) return ledger.intend(resource);
  const serverId = await classifyErrors(backend, () => backend.serverId());
  return ledger.intend(resource, { serverId, template: pool.template, operationId, runId });
}

/**
 * An earlier attempt may have made it and not heard of it: seen now, its call is over, before another one could be
 * taken for it.
 */
async function lookForEffect(
  { backend, ledger }: StepScope,
  entry: TenantResource,
  target: Target,
): Promise<TenantResource> {
  if (entry.callEffect === null) return entry;
  return clearCallOnceDone(ledger, entry, await classifyErrors(backend, () => backend.inspect(target)));
}

/** Probes the resource with the tenant's own credentials: its data is reachable, everything else refuses them. */
export async function probe(scope: StepScope): Promise<string> {
  const { entry, target } = await loadPresentEntry(scope);
  const values = await loadSecrets(scope, target);
  await classifyErrors(scope.backend, () => scope.backend.probe(target, values));
  return `${entry.name} probed: the tenant's credentials read and write it, and are refused elsewhere`;
}
