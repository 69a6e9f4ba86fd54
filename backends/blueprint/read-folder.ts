import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { BlueprintError } from './errors';
import type { Blueprint, BlueprintFile, BlueprintForm, BlueprintProblem } from './form';
import { readJsonFile } from './json-file';

/** What a tenant begins with, not its data: what is larger belongs elsewhere. */
const LARGEST_BYTES = 1024 * 1024;
const MOST_FILES = 200;
/** For people. */
const IGNORED = /(^|\/)README(\.[^/]*)?$/;
const HEAD = 'blueprint.json';

const head = z.strictObject({
  version: z.number().int('must be a whole number').min(1, 'must be 1 or more').max(1_000_000),
  description: z.string().max(1_000).optional(),
});

/**
 * Reads and checks a folder as a whole.
 * @throws BlueprintError with all that is wrong, by file and line
 */
export async function readBlueprint(folder: string, forms: readonly BlueprintForm[]): Promise<Blueprint> {
  const all = await readFiles(folder);
  const first = all.find((it) => it.path === HEAD);
  if (first === undefined)
    throw new BlueprintError([{ path: HEAD, message: `is missing in ${folder}: it says {"version": 1}` }]);
  const read = readJsonFile(first, head);
  const files = all.filter((it) => it !== first);
  const problems = [
    ...('problems' in read ? read.problems : []),
    ...(await Promise.all(files.map((it) => checkFile(it, forms)))).flat(),
  ];
  if (problems.length > 0 || 'problems' in read) throw new BlueprintError(problems);
  return { version: read.value.version, checksum: checksumOfAll(files), files };
}

async function checkFile(file: BlueprintFile, forms: readonly BlueprintForm[]): Promise<readonly BlueprintProblem[]> {
  const form = forms.find(({ paths }) => paths.test(file.path));
  if (form !== undefined) return form.check(file);
  const known = [HEAD, ...forms.map(({ pathsShown }) => pathsShown)].join(', ');
  return [{ path: file.path, message: `is no file of a blueprint; those are ${known}` }];
}

/** In the order of their paths, letter by letter, on every machine. */
async function readFiles(folder: string): Promise<BlueprintFile[]> {
  const paths = (await listFiles(folder)).filter((it) => !IGNORED.test(it)).sort((a, b) => (a < b ? -1 : 1));
  if (paths.length > MOST_FILES)
    throw new BlueprintError([{ path: folder, message: `has ${paths.length} files, more than ${MOST_FILES}` }]);
  const files: BlueprintFile[] = [];
  let left = LARGEST_BYTES;
  for (const it of paths) {
    const file = path.join(folder, it);
    left -= (await stat(file)).size;
    if (left < 0) throw new BlueprintError([{ path: it, message: 'brings the whole to more than 1 MiB' }]);
    files.push(await readOne(file, it));
  }
  return files;
}

/**
 * By what links lead to: Kubernetes mounts a folder as links into another one, whose name begins with a dot.
 * @throws BlueprintError where it can't be read
 */
async function listFiles(folder: string, below = ''): Promise<string[]> {
  try {
    const names = (await readdir(path.join(folder, below))).filter((it) => !it.startsWith('.'));
    const found = await Promise.all(
      names.map(async (name) => {
        const it = below === '' ? name : `${below}/${name}`;
        const isFolder = below === '' && (await stat(path.join(folder, it))).isDirectory();
        return isFolder ? listFiles(folder, it) : [it];
      }),
    );
    return found.flat();
  } catch (cause) {
    if (cause instanceof BlueprintError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown cause';
    throw new BlueprintError([{ path: path.join(folder, below), message: `can't be read (${code})` }]);
  }
}

async function readOne(file: string, name: string): Promise<BlueprintFile> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new BlueprintError([{ path: name, message: `can't be read (${cause.code ?? 'unknown cause'})` }]);
  });
  const content = bytes
    .toString('utf8')
    .replaceAll('\r\n', '\n')
    .replace(/^\uFEFF/, '');
  // What the master database stores in no text.
  if (content.includes('\0') || content.includes('\uFFFD'))
    throw new BlueprintError([{ path: name, message: 'is no text in UTF-8' }]);
  return { path: name, content, checksum: sha256(content) };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const checksumOfAll = (files: readonly BlueprintFile[]): string =>
  sha256(files.map(({ path: name, checksum }) => `${checksum}  ${name}\n`).join(''));
