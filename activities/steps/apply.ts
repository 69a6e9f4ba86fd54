import { filesOfVersion } from '../blueprint/stored';
import { planFiles, recordFile } from '../blueprint/tenant-files';
import { assertOurs, callWithIntent, loadPresentEntry, withNotes, type StepScope } from './scope';

/** Gives the tenant's resource what the blueprint of the operation says; what it has already stays as it is. */
export async function apply(scope: StepScope): Promise<string> {
  const { db, backend, context, blueprintVersion: version } = scope;
  const files = await filesOfVersion(db, version, backend.kind);
  const { entry, target } = await loadPresentEntry(scope);
  if (version === null || files.length === 0) return `${entry.name}: the blueprint says nothing of it`;
  const { tenantId } = context;
  await assertOurs(scope, entry, target);
  const planned = await planFiles(db, { tenantId, backend: backend.kind, version }, files);
  const notes = await callWithIntent(scope, entry, { serverId: entry.serverId }, target, (at) =>
    backend.apply(at, planned, (file, state) => recordFile(db, tenantId, file, state)),
  );
  return withNotes(`${entry.name} has version ${version} of the blueprint`, notes);
}
