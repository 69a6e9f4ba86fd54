import { knownServer, targetOf } from '../ledger';
import { changed, effect, judged, keptSecrets, presentEntry, type Work } from './work';

/** Makes the tenant's thing, or verifies and finishes what an earlier attempt has made. */
export async function create(work: Work): Promise<string> {
  const { backend, ledger } = work;
  const entry = await ledger.intend(work.context.tenantId, backend.kind);
  const serverId = await judged(backend, () => knownServer(backend, entry));
  const target = targetOf(entry, work.tenantName, work.held.signal);
  const { values, primaryRef } = await keptSecrets(work, target);
  const made = await effect(work, entry, serverId, target, (at) => backend.create(at, values));
  if (entry.externalId !== null && made.externalId !== entry.externalId) throw changed(entry, made.externalId);
  await ledger.present(entry, work.held, made, primaryRef);
  return `${entry.name} made${made.externalId === undefined ? '' : ` (id ${made.externalId})`}`;
}

/** Tries it out as the tenant: its own works, everything else is refused. */
export async function probe(work: Work): Promise<string> {
  const { entry, target } = await presentEntry(work);
  const { values } = await keptSecrets(work, target);
  await judged(work.backend, () => work.backend.probe(target, values));
  return `${entry.name} reads and writes its own, and is refused elsewhere`;
}
