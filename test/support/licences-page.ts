import { DEBIAN_LICENCES, NODE_LICENCE } from '../../deploy/image/licences';
import type { NpmPackage } from '../../deploy/image/packages';

const licenceOf = ({ licence = 'none named' }: NpmPackage): string => licence;

/** docs/reports/licences.md: without versions, so that it changes as packages come, go, or change their licence. */
export function licencesPage(packages: readonly NpmPackage[]): string {
  const licences = [...new Set(packages.map(licenceOf))].sort((one, other) => one.localeCompare(other, 'en'));
  const rows = licences.map((licence) => {
    const names = packages.filter((it) => licenceOf(it) === licence).map(({ name }) => name);
    return `| ${licence} | ${[...new Set(names)].join(', ')} |`;
  });
  const others = [
    `| Node.js | ${NODE_LICENCE}, and those in its file LICENSE |`,
    ...DEBIAN_LICENCES.map(([form, licence]) => `| Debian: ${namesOf(form)} | ${licence} |`),
  ];
  return `# Licences

Of all that is in the image beside FreeFlow itself, written from what the build has put into the programs (renew it with
\`UPDATE_DOCS=1 npx jest deploy/image/licences\`). Versions are in the bill of materials, texts in \`/app/THIRD-PARTY-NOTICES.txt\` of the image.
A package under another licence than those in \`deploy/image/licences.ts\` fails the tests.

| licence | packages |
| --- | --- |
${rows.join('\n')}

| beside them | licence |
| --- | --- |
${others.join('\n')}

The native core of Temporal's SDK (\`@temporalio/core-bridge\`) is built from crates of Rust that its file \`Cargo.lock\` names; they are not
listed one by one. With a base from a registry, its packages are listed by whoever made it.
`;
}

/** \`^(?:a|b\\+)$\` as it is written for people: `a, b+`. */
const namesOf = ({ source }: RegExp): string =>
  source
    .replace(/^\^(?:\(\?:)?|\)?\$$/g, '')
    .replaceAll('\\d+', 'N')
    .replaceAll('\\', '')
    .replaceAll('|', ', ');
