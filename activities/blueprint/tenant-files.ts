import { randomUUID } from 'node:crypto';
import type { BackendKind } from '@freeflow/contract';
import type { PrismaClient, TenantBlueprintFile } from '@freeflow/db-master';
import type { PlannedFile } from '../../backends/backend';
import type { BlueprintFile } from '../../backends/blueprint';
import { BackendFault } from '../../backends/failures';
import { moduleOf } from '../../backends/registry';

/**
 * Records that a tenant is about to get these files, each by a token of its own, and tells which it has already. The
 * token of a file stays until it is applied: by it an attempt knows what one before it has done.
 * @throws BackendFault `blueprint-refused` for a file that was applied, is applied once, and was edited since
 */
export async function planFiles(
  db: PrismaClient,
  { tenantId, backend, version }: { tenantId: string; backend: BackendKind; version: number },
  files: readonly BlueprintFile[],
): Promise<PlannedFile[]> {
  const before = await rowsOf(db, tenantId, backend);
  const isEdited = ({ path, checksum }: BlueprintFile) => {
    const row = before.get(path);
    return row !== undefined && row.appliedAt !== null && row.checksum !== checksum;
  };
  const edited = files.find((it) => moduleOf(backend).blueprint.isOnce(it.path) && isEdited(it));
  if (edited !== undefined)
    throw new BackendFault(
      'blueprint-refused',
      `${backend}: ${edited.path} was edited after it was applied; put the change into a new file`,
    );
  for (const { path, checksum } of files.filter((it) => isEdited(it) || before.get(it.path)?.appliedAt == null))
    await db.$executeRaw`
      INSERT INTO "TenantBlueprintFile" ("tenantId", backend, path, checksum, version, token)
      VALUES (${tenantId}::uuid, ${backend}::"BackendKind", ${path}, ${checksum}, ${version}, ${randomUUID()}::uuid)
      ON CONFLICT ("tenantId", path) DO UPDATE SET checksum = excluded.checksum, version = excluded.version, "appliedAt" = NULL`;
  const rows = await rowsOf(db, tenantId, backend);
  return files.map((file) => toPlanned(file, rows.get(file.path)));
}

/** The files that a tenant has of a version, for a comparison. */
export async function filesOfTenant(
  db: PrismaClient,
  tenantId: string,
  backend: BackendKind,
  files: readonly BlueprintFile[],
): Promise<PlannedFile[]> {
  const rows = await rowsOf(db, tenantId, backend);
  return files.map((file) => toPlanned(file, rows.get(file.path)));
}

/** Records that a file is applied, with the content that was planned. */
export async function recordApplied(db: PrismaClient, tenantId: string, { path, token }: PlannedFile): Promise<void> {
  await db.$executeRaw`
    UPDATE "TenantBlueprintFile" SET "appliedAt" = coalesce("appliedAt", clock_timestamp())
     WHERE "tenantId" = ${tenantId}::uuid AND path = ${path} AND token = ${token}::uuid`;
}

const toPlanned = (file: BlueprintFile, row: TenantBlueprintFile | undefined): PlannedFile => ({
  ...file,
  token: row?.token ?? '',
  isApplied: row?.appliedAt != null && row.checksum === file.checksum,
});

async function rowsOf(db: PrismaClient, tenantId: string, backend: BackendKind) {
  const rows = await db.tenantBlueprintFile.findMany({ where: { tenantId, backend } });
  return new Map(rows.map((it) => [it.path, it]));
}
