import type { BackendKind } from '@freeflow/contract';
import type { Prisma } from '@freeflow/db-master';
import { z } from 'zod';
import { filesOf, type BlueprintFile } from '../../backends/blueprint';
import { moduleOf } from '../../backends/registry';

/** As it is kept: no folder is asked once a version is published, and all workers apply the same. */
const storedFiles = z.array(z.object({ path: z.string(), content: z.string(), checksum: z.string() }));

export const parseStored = (files: Prisma.JsonValue): BlueprintFile[] => storedFiles.parse(files);

/** So many versions are kept as they were read: tenants have few. */
const KEPT = 4;
const read = new Map<string, readonly BlueprintFile[]>();

/** What a version of the blueprint says of one backend; nothing where there is none. */
export async function filesOfVersion(
  db: Pick<Prisma.TransactionClient, 'blueprint'>,
  version: number | null,
  kind: BackendKind,
): Promise<BlueprintFile[]> {
  if (version === null) return [];
  const { checksum } = await db.blueprint.findUniqueOrThrow({ where: { version }, select: { checksum: true } });
  const files = read.get(keyOf(version, checksum)) ?? (await readVersion(db, version));
  return filesOf(moduleOf(kind).blueprint, files);
}

/** It may be large, and is asked for once for each resource of each tenant. */
async function readVersion(
  db: Pick<Prisma.TransactionClient, 'blueprint'>,
  version: number,
): Promise<readonly BlueprintFile[]> {
  const { files, checksum } = await db.blueprint.findUniqueOrThrow({ where: { version } });
  const parsed = parseStored(files);
  const [oldest] = read.keys();
  if (read.size >= KEPT && oldest !== undefined) read.delete(oldest);
  read.set(keyOf(version, checksum), parsed);
  return parsed;
}

const keyOf = (version: number, checksum: string): string => `${version}/${checksum}`;
