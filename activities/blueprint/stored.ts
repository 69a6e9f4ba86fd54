import type { BackendKind } from '@freeflow/contract';
import type { Prisma } from '@freeflow/db-master';
import { z } from 'zod';
import { filesOf, type BlueprintFile } from '../../backends/blueprint';
import { moduleOf } from '../../backends/registry';

/** As it is kept: no folder is asked once a version is published, and all workers apply the same. */
const storedFiles = z.array(z.object({ path: z.string(), content: z.string(), checksum: z.string() }));

export const parseStored = (files: Prisma.JsonValue): BlueprintFile[] => storedFiles.parse(files);

/** What a version of the blueprint says of one backend; nothing where there is none. */
export async function filesOfVersion(
  db: Pick<Prisma.TransactionClient, 'blueprint'>,
  version: number | null,
  kind: BackendKind,
): Promise<BlueprintFile[]> {
  if (version === null) return [];
  const { files } = await db.blueprint.findUniqueOrThrow({ where: { version } });
  return filesOf(moduleOf(kind).blueprint, parseStored(files));
}
