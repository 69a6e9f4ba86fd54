import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../../stack/project';

/** The programs of the image, by their folders below dist/. */
export const PROGRAMS = ['api', 'worker', 'migrate', 'cli'] as const;

const manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string().exactOptional(),
});

/** A package of npm whose code is in the image, most often as a part of a bundle. */
export interface NpmPackage {
  name: string;
  version: string;
  /** As its manifest has it: an SPDX expression. */
  licence: string | undefined;
  folder: string;
  manifest: z.infer<typeof manifest>;
}

/**
 * All packages of others whose code the programs and the console have in them, as the build has noted it.
 * @throws Error with how to build, where nothing is built
 */
export function bundledPackages(): NpmPackage[] {
  const folders = new Set([...[...PROGRAMS, 'console'].flatMap(packagesOf), ...packagesOfWorkflows()]);
  const packages = [...folders].map((it) => readPackage(path.join(projectRoot(), it)));
  // pnpm has a folder of its own for each set of peers.
  const distinct = new Map(packages.map((it) => [`${it.name}@${it.version}`, it]));
  return [...distinct.values()].sort(
    (one, other) => one.name.localeCompare(other.name, 'en') || one.version.localeCompare(other.version, 'en'),
  );
}

function builtFile(program: string, name: string): string {
  const file = path.join(projectRoot(), 'dist', program, name);
  if (!existsSync(file)) throw new Error(`${file} is missing: run the build (npm run build) first.`);
  return file;
}

const packagesOf = (program: string): string[] =>
  z.array(z.string()).parse(JSON.parse(readFileSync(builtFile(program, 'packages.json'), 'utf8')));

/** The SDK bundles workflows itself, and names each module by its path. */
const packagesOfWorkflows = (): string[] =>
  readFileSync(builtFile('worker', 'workflow-bundle.js'), 'utf8').match(
    /node_modules\/\.pnpm\/[^/"\s]+\/node_modules\/(?:@[^/"\s]+\/)?[\w.-]+(?=\/)/g,
  ) ?? [];

/** Reads a package's manifest. */
function readPackage(folder: string): NpmPackage {
  const read = manifest.parse(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')));
  return { name: read.name, version: read.version, licence: read.license, folder, manifest: read };
}

/** The text by which a package is licensed, if it brings one along. */
export function licenceTextOf({ folder }: NpmPackage): string | undefined {
  const file = readdirSync(folder).find((it) => /^(?:licen[cs]e|copying)(?:[.-]|$)/i.test(it));
  return file === undefined ? undefined : readFileSync(path.join(folder, file), 'utf8').trim();
}
