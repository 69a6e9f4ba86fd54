import { knownServer, targetOf } from '../ledger';
import {
  changedResourceFault,
  callWithIntent,
  classifyErrors,
  ensureSecrets,
  presentEntry,
  type StepScope,
} from './scope';

/** Makes the tenant's thing, or verifies and finishes what an earlier attempt has made. */
export async function create(scope: StepScope): Promise<string> {
  const { backend, ledger } = scope;
  const entry = await ledger.intend(scope.context.tenantId, backend.kind);
  const serverId = await classifyErrors(backend, () => knownServer(backend, entry));
  const target = targetOf(entry, scope.tenantName, scope.held.signal);
  const { values, primaryRef } = await ensureSecrets(scope, target);
  const made = await callWithIntent(scope, entry, serverId, target, (at) => backend.create(at, values));
  if (entry.externalId !== null && made.externalId !== entry.externalId)
    throw changedResourceFault(entry, made.externalId);
  await ledger.present(entry, scope.held, made, primaryRef);
  return `${entry.name} made${made.externalId === undefined ? '' : ` (id ${made.externalId})`}`;
}

/** Tries it out as the tenant: its own works, everything else is refused. */
export async function probe(scope: StepScope): Promise<string> {
  const { entry, target } = await presentEntry(scope);
  const { values } = await ensureSecrets(scope, target);
  await classifyErrors(scope.backend, () => scope.backend.probe(target, values));
  return `${entry.name} reads and writes its own, and is refused elsewhere`;
}
