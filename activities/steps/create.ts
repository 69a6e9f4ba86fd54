import { assertRecordedServer, targetOf } from '../ledger';
import {
  callWithIntent,
  changedResourceFault,
  classifyErrors,
  ensureSecrets,
  loadPresentEntry,
  type StepScope,
} from './scope';

/** Creates the tenant's resource, or verifies and completes what an earlier attempt created. */
export async function create(scope: StepScope): Promise<string> {
  const { backend, ledger } = scope;
  const entry = await ledger.intend(scope.context.tenantId, backend.kind);
  const serverId = await classifyErrors(backend, () => assertRecordedServer(backend, entry));
  const target = targetOf(entry, scope.tenantName, scope.held.signal);
  const { values, primaryRef } = await ensureSecrets(scope, target);
  const created = await callWithIntent(scope, entry, serverId, target, (at) => backend.create(at, values));
  if (entry.externalId !== null && created.externalId !== entry.externalId)
    throw changedResourceFault(entry, created.externalId);
  await ledger.recordPresent(entry, scope.held, created, primaryRef);
  return `${entry.name} created${created.externalId === undefined ? '' : ` (id ${created.externalId})`}`;
}

/** Probes the resource with the tenant's own credentials: its data is reachable, everything else refuses them. */
export async function probe(scope: StepScope): Promise<string> {
  const { entry, target } = await loadPresentEntry(scope);
  const { values } = await ensureSecrets(scope, target);
  await classifyErrors(scope.backend, () => scope.backend.probe(target, values));
  return `${entry.name} probed: the tenant's credentials read and write it, and are refused elsewhere`;
}
