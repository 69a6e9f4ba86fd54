import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkChecksum } from './checksum';
import { ClientFailed, runClient } from './client';
import { MAVEN_COPY, type PinnedPackage } from './packages';
import type { FetchContext } from './pip';

/**
 * Has the user's own Maven copy a zip artifact into the folder.
 * @returns the file, its checksum checked
 * @throws ClientFailed when there is no Maven or it could not get the artifact
 */
export async function mavenZip(
  pinned: PinnedPackage,
  folder: string,
  { env, signal, onProgress }: Omit<FetchContext, 'cache'>,
): Promise<string> {
  // Batch mode would keep silent about the progress.
  const args = [MAVEN_COPY, `-Dartifact=${pinned.name}:${pinned.version}:zip`, `-DoutputDirectory=${folder}`];
  const onOutput = (text: string) => {
    const fetched = lastAmount(text);
    if (fetched !== undefined) onProgress(fetched);
  };
  if (!(await runClient({ command: 'mvn', args, env, cwd: folder, signal, onOutput })))
    throw new ClientFailed(`${pinned.name} is fetched by Maven, and there is none: install Maven (mvn)`);
  const zip = readdirSync(folder).find((name) => name.endsWith('.zip'));
  if (zip === undefined) throw new ClientFailed(`mvn said all was well but left no zip of ${pinned.name}`);
  await checkChecksum(join(folder, zip), pinned);
  return join(folder, zip);
}

/** `Progress (1): 12.3/177 MB`; Maven repeats it for every piece it gets. The small files of its plugins (kB) are left out. */
function lastAmount(text: string): { done: number; total: number } | undefined {
  const said = [...text.matchAll(/Progress \(\d+\): [^\r\n]*?([\d.]+)\/([\d.]+) MB/g)].at(-1);
  return said === undefined ? undefined : { done: Number(said[1]) * 1e6, total: Number(said[2]) * 1e6 };
}
