import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkChecksum } from './checksum';
import { PackageClientError, runClient } from './client';
import { MAVEN_COPY, type PinnedPackage } from './packages';
import type { FetchContext } from './pip';

/**
 * Copies a zip artifact into the folder, by the user's own Maven.
 * @returns the file, its checksum checked
 * @throws PackageClientError when there is no Maven or it could not get the artifact
 */
export async function mavenZip(
  pinned: PinnedPackage,
  folder: string,
  { env, signal, onProgress }: Omit<FetchContext, 'cache'>,
): Promise<string> {
  // Batch mode would print no progress.
  const args = [MAVEN_COPY, `-Dartifact=${pinned.name}:${pinned.version}:zip`, `-DoutputDirectory=${folder}`];
  const onOutput = (text: string) => {
    const fetched = parseProgress(text);
    if (fetched !== undefined) onProgress(fetched);
  };
  if (!(await runClient({ command: 'mvn', args, env, cwd: folder, signal, onOutput })))
    throw new PackageClientError(`${pinned.name} is fetched by Maven, which is not installed: install Maven (mvn)`);
  const zip = readdirSync(folder).find((name) => name.endsWith('.zip'));
  if (zip === undefined) throw new PackageClientError(`mvn succeeded but left no zip of ${pinned.name}`);
  await checkChecksum(join(folder, zip), pinned);
  return join(folder, zip);
}

/**
 * `Progress (1): 12.3/177 MB`; Maven repeats it for every piece it gets. The small files of its plugins (kB) are left
 * out.
 */
function parseProgress(text: string): { done: number; total: number } | undefined {
  const amounts = [...text.matchAll(/Progress \(\d+\): [^\r\n]*?([\d.]+)\/([\d.]+) MB/g)].at(-1);
  return amounts === undefined ? undefined : { done: Number(amounts[1]) * 1e6, total: Number(amounts[2]) * 1e6 };
}
