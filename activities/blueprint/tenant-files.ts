import { randomUUID } from 'node:crypto';
import type { BackendKind } from '@freeflow/contract';
import type { Prisma, PrismaClient, TenantBlueprintFile } from '@freeflow/db-master';
import type { FileState, PlannedFile } from '../../backends/backend';
import type { BlueprintFile } from '../../backends/blueprint';
import { BackendFault } from '../../backends/failures';
import { moduleOf } from '../../backends/registry';
import { LOCK } from './publish';
import { parseStored } from './stored';

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
  const isOpen = ({ path }: BlueprintFile) => before.get(path)?.appliedAt == null;
  const isEdited = (it: BlueprintFile) => !isOpen(it) && before.get(it.path)?.checksum !== it.checksum;
  const edited = files.find((it) => moduleOf(backend).blueprint.isOnce(it.path) && isEdited(it));
  if (edited !== undefined)
    throw new BackendFault(
      'blueprint-refused',
      `${backend}: ${edited.path} was edited after it was applied; put the change into a new file`,
    );
  await db.$transaction(async (tx) => {
    await assertNotCorrected(tx, backend, files.filter(isOpen));
    for (const { path, checksum } of files.filter((it) => isOpen(it) || isEdited(it)))
      await tx.$executeRaw`
        INSERT INTO "TenantBlueprintFile" ("tenantId", backend, path, checksum, version, token)
        VALUES (${tenantId}::uuid, ${backend}::"BackendKind", ${path}, ${checksum}, ${version}, ${randomUUID()}::uuid)
        ON CONFLICT ("tenantId", path) DO UPDATE SET checksum = excluded.checksum, version = excluded.version, "appliedAt" = NULL`;
  });
  return filesOfTenant(db, tenantId, backend, files);
}

/**
 * Excludes a publication meanwhile: of a file that is applied once no two forms may ever be applied, or no further
 * version could be published.
 * @throws BackendFault `blueprint-refused` where the version in force has another form of one
 */
async function assertNotCorrected(
  tx: Prisma.TransactionClient,
  backend: BackendKind,
  files: readonly BlueprintFile[],
): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtextextended(${LOCK}, 0))`;
  const inForce = await tx.blueprint.findFirst({ orderBy: { version: 'desc' } });
  const now = new Map(parseStored(inForce?.files ?? []).map((it) => [it.path, it.checksum]));
  const corrected = files.find(
    ({ path, checksum }) => moduleOf(backend).blueprint.isOnce(path) && now.get(path) !== checksum,
  );
  if (corrected !== undefined)
    throw new BackendFault(
      'blueprint-refused',
      `${backend}: ${corrected.path} is another one in version ${inForce?.version ?? 0}; request that version`,
    );
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

/** Records what has become of a file, with the content that was planned. */
export async function recordFile(
  db: PrismaClient,
  tenantId: string,
  { path, token }: PlannedFile,
  state: FileState,
): Promise<void> {
  await db.$executeRaw`
    UPDATE "TenantBlueprintFile"
       SET "begunAt" = CASE ${state} WHEN 'begun' THEN clock_timestamp() WHEN 'applied' THEN "begunAt" END,
           "appliedAt" = CASE ${state} WHEN 'applied' THEN coalesce("appliedAt", clock_timestamp()) ELSE "appliedAt" END
     WHERE "tenantId" = ${tenantId}::uuid AND path = ${path} AND token = ${token}::uuid`;
}

/** Whether all that a version says was applied to a tenant, at every backend, as its steps have recorded it. */
export async function hasVersion(
  tx: Pick<Prisma.TransactionClient, '$queryRaw'>,
  tenantId: string,
  version: number,
): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ isWhole: boolean }[]>`
    SELECT NOT EXISTS (
             SELECT FROM jsonb_to_recordset(b.files) AS file(path text, checksum text)
              WHERE NOT EXISTS (SELECT FROM "TenantBlueprintFile" t WHERE t."tenantId" = ${tenantId}::uuid AND t.path = file.path
                                   AND t.checksum = file.checksum AND t."appliedAt" IS NOT NULL)) AS "isWhole"
      FROM "Blueprint" b WHERE b.version = ${version}`;
  return row?.isWhole ?? false;
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
