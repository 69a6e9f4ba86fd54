import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import type { Answers, Attack, Matrix } from './attack';
import { OTHER_LIMITS } from './other-limits';

const FILE = path.join(projectRoot(), 'docs/reports/isolation.md');

/** How the page comes up to date. */
export const RENEW = 'to renew it: UPDATE_DOCS=1 npx jest e2e/isolation';

const INTRODUCTION = `# Isolation of tenants

Two tenants stand on the same servers, each with the credentials its applications get, and try to reach each other, the
platform and the servers. Every line below is a test (\`npx jest e2e/isolation\`), run in both directions against real servers,
and shows the answer that came. A refusal counts only as a refusal by authorization: "not found" or a timeout would hide a hole.
After all attempts both tenants' data, rights and nonces are compared with what they were before.

This page is written by that suite from its results (${RENEW}).
`;

/** The page: what was tried, as whom, and what came of it. */
export function isolationPage(matrices: readonly Matrix[], answers: Answers): string {
  const sections = matrices.map(({ title, codes, parts }) =>
    [`## ${title}\n`, `${codes}.\n`, ...parts.map((it) => table(it.title, it.attacks, answers))].join('\n'),
  );
  return `${INTRODUCTION}\n${sections.join('\n')}\n${OTHER_LIMITS}`;
}

function table(title: string, attacks: readonly Attack[], answers: Answers): string {
  const rows = attacks.map((it) => `| ${it.what} | ${it.as} | \`${answers.of(it)}\` |`);
  return `### ${title}\n\n| tried | as | answer |\n|---|---|---|\n${rows.join('\n')}\n`;
}

export const readPage = (): string => {
  try {
    return readFileSync(FILE, 'utf8');
  } catch {
    return '';
  }
};

export const writePage = (page: string): void => writeFileSync(FILE, page);
