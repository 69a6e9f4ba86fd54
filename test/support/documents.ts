import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';

const ROOT = projectRoot();

/** The Markdown files of one folder, named from the root. */
export const markdownIn = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder))
    .filter((it) => it.endsWith('.md'))
    .map((it) => path.posix.join(folder, it));

/** The documents with command lines that a reader is to paste. */
export const GUIDES: readonly string[] = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs')];

export const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
