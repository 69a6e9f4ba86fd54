import type { Prisma, PrismaClient } from '@freeflow/db-master';
import {
  BlueprintError,
  filesOf,
  type Blueprint,
  type BlueprintFile,
  type BlueprintProblem,
} from '../../backends/blueprint';
import { BLUEPRINT_FORMS } from '../../backends/registry';
import { parseStored } from './stored';

/** Publications go one after the other, whichever workers make them. */
export const LOCK = 'freeflow.blueprint';

export type Publication = 'published' | 'published-anew' | 'known';

/**
 * Makes a blueprint known to all workers, under its version; the highest one is in force. One that no operation was
 * given may be published anew with other files.
 * @throws BlueprintError naming each file that a tenant may have in another form
 */
export async function publishBlueprint(db: PrismaClient, blueprint: Blueprint): Promise<Publication> {
  return db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${LOCK}, 0))`;
    const { version, checksum } = blueprint;
    const [known] = await tx.$queryRaw<{ checksum: string; files: Prisma.JsonValue }[]>`
      SELECT checksum, files FROM "Blueprint" WHERE version = ${version} FOR UPDATE`;
    if (known?.checksum === checksum) return 'known';
    if (known !== undefined && (await tx.tenantOperation.count({ where: { blueprintVersion: version } })) > 0)
      throw new BlueprintError(findChanges(blueprint, parseStored(known.files)));
    const problems = [...(await findEdited(tx, blueprint)), ...(await findContradictions(tx, blueprint))];
    if (problems.length > 0) throw new BlueprintError(problems);
    const files = blueprint.files.map((it) => ({ ...it }));
    await tx.blueprint.upsert({
      where: { version },
      create: { version, checksum, files },
      update: { checksum, files, publishedAt: new Date() },
    });
    return known === undefined ? 'published' : 'published-anew';
  });
}

/** Why a version that tenants were given can't be another one. */
function findChanges({ version, files }: Blueprint, before: readonly BlueprintFile[]): BlueprintProblem[] {
  const changed = [...files, ...before].filter(
    ({ path }) => byPath(files, path)?.checksum !== byPath(before, path)?.checksum,
  );
  return [...new Set(changed.map(({ path }) => path))].map((path) => ({
    path,
    message: `is not what version ${version} was published with; raise "version" in blueprint.json`,
  }));
}

/** What is applied once, and which a living tenant has in another form, or which is left out now. */
async function findEdited(tx: Prisma.TransactionClient, { files }: Blueprint): Promise<BlueprintProblem[]> {
  const applied = await tx.tenantBlueprintFile.findMany({
    where: {
      tenant: { goneAt: null },
      // What is planned by an operation in progress may be applied at any moment; what an attempt that died has begun
      // may be there, as its operation may have been given up since.
      OR: [
        { appliedAt: { not: null } },
        { begunAt: { not: null } },
        { tenant: { operations: { some: { endedAt: null, blueprintVersion: { not: null } } } } },
      ],
    },
    distinct: ['path', 'checksum'],
    orderBy: { appliedAt: { sort: 'desc', nulls: 'last' } },
    select: { path: true, checksum: true, appliedAt: true, tenant: { select: { name: true } } },
  });
  return applied.flatMap(({ path, checksum, appliedAt, tenant }): BlueprintProblem[] => {
    if (!BLUEPRINT_FORMS.some((it) => it.paths.test(path) && it.isOnce(path))) return [];
    const now = byPath(files, path);
    if (now?.checksum === checksum) return [];
    return [
      now === undefined
        ? { path, message: 'was applied to tenants, and is missing now; put it back' }
        : {
            path,
            message:
              appliedAt === null
                ? `was edited, and may have been applied to ${tenant.name}: upgrade that tenant to the version with the file as it was, or put the change into a new file`
                : 'was edited after it was applied to tenants; put the change into a new file',
          },
    ];
  });
}

/** Against the version in force. */
async function findContradictions(
  tx: Prisma.TransactionClient,
  { files, version }: Blueprint,
): Promise<BlueprintProblem[]> {
  const [before] = await tx.blueprint.findMany({
    where: { version: { lt: version } },
    orderBy: { version: 'desc' },
    take: 1,
  });
  if (before === undefined) return [];
  const old = parseStored(before.files);
  return BLUEPRINT_FORMS.flatMap((form) =>
    filesOf(form, files).flatMap((now) => {
      const was = byPath(old, now.path);
      const why = was === undefined ? undefined : form.findContradiction?.(was, now);
      return why === undefined ? [] : [{ path: now.path, message: `contradicts version ${before.version}: ${why}` }];
    }),
  );
}

const byPath = (files: readonly BlueprintFile[], path: string): BlueprintFile | undefined =>
  files.find((it) => it.path === path);
