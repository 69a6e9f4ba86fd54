import type { TenantResource } from '@freeflow/db-master';
import { assertRecordedServer, targetOf } from '../ledger';
import {
  callWithIntent,
  changedResourceFault,
  classifyErrors,
  ensureSecrets,
  loadPresentEntry,
  withNotes,
  type StepScope,
} from './scope';

/** Creates the tenant's resource, or verifies and completes what an earlier attempt created. */
export async function create(scope: StepScope): Promise<string> {
  const { backend, ledger } = scope;
  const entry = await intend(scope);
  const serverId = await classifyErrors(backend, () => assertRecordedServer(backend, entry));
  const target = targetOf(entry, scope.tenantName, scope.held.signal);
  const { values, primaryRef } = await ensureSecrets(scope, target);
  const created = await callWithIntent(scope, entry, { serverId }, target, (at) => backend.create(at, values));
  if (entry.externalId !== null && created.externalId !== entry.externalId)
    throw changedResourceFault(entry, created.externalId);
  await ledger.recordPresent(entry, scope.held, created, primaryRef);
  const message = `${entry.name} created${created.externalId === undefined ? '' : ` (id ${created.externalId})`}`;
  return withNotes(message, created.notes ?? []);
}

/** The ledger entry of what is to be created: of a blank resource at this very server, where the pool has one. */
async function intend({
  backend,
  ledger,
  context: { tenantId, operationId, runId },
}: StepScope): Promise<TenantResource> {
  const { kind, pool } = backend;
  if (pool === undefined || pool.size === 0) return ledger.intend(tenantId, kind);
  const serverId = await classifyErrors(backend, () => backend.serverId());
  return ledger.intend(tenantId, kind, { serverId, template: pool.template, operationId, runId });
}

/** Probes the resource with the tenant's own credentials: its data is reachable, everything else refuses them. */
export async function probe(scope: StepScope): Promise<string> {
  const { entry, target } = await loadPresentEntry(scope);
  const { values } = await ensureSecrets(scope, target);
  await classifyErrors(scope.backend, () => scope.backend.probe(target, values));
  return `${entry.name} probed: the tenant's credentials read and write it, and are refused elsewhere`;
}
