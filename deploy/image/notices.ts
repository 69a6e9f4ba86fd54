import { writeFileSync } from 'node:fs';
import { licenceTextOf, type NpmPackage } from './packages';

const RULE = '-'.repeat(100);

/**
 * Writes what most licences demand: their text, with the names of the authors. Packages under the very same text share
 * it.
 */
export function writeNotices(file: string, packages: readonly NpmPackage[], nodeLicence: string): void {
  const byText = new Map<string, string[]>();
  for (const it of packages) {
    const text = licenceTextOf(it) ?? `${it.licence ?? 'No licence is named'}. The package has no text of it.`;
    byText.set(text, [...(byText.get(text) ?? []), `${it.name} ${it.version}`]);
  }
  const parts = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}`);
  const node = `Node.js ${process.versions.node}\n\n${nodeLicence.trim()}`;
  writeFileSync(file, `${[...parts, node].join(`\n\n${RULE}\n`)}\n`);
}
