import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BACKEND_KINDS, FAILURES, RECORD_STEP_NAMES } from '@freeflow/contract';
import { projectRoot } from '../stack/project';
import { readRules } from './support/alert-rules';

const page = readFileSync(path.join(projectRoot(), 'docs', 'runbook.md'), 'utf8');

/** What stands below an anchor, up to the next anchor or heading. */
const paragraphOf = (anchor: string): string =>
  page.split(`<a id="${anchor}"></a>`)[1]?.split(/<a id=|\n#/)[0] ?? 'not there';

const FORM = ['Symptom', 'Check', 'Do', "Don't"];

const stepsAtBackends = BACKEND_KINDS.flatMap((kind) =>
  ['create', 'apply', 'probe', 'disable', 'enable', 'drop', 'limit'].map((verb) => `${kind}-${verb}`),
);

const alerts = readRules(path.join(projectRoot(), 'deploy', 'alerts')).alerts.map(
  ({ annotations }) => annotations.runbook_url.split('#')[1] ?? '',
);

test.each([...stepsAtBackends, ...Object.keys(FAILURES), ...alerts])(
  'the paragraph on %s has the symptom, what to check, what to do and what not to do, in this order',
  (anchor) => {
    const words = [...paragraphOf(anchor).matchAll(/^- \*\*([\w']+)\*\*/gm)].map(([, word]) => word);
    expect(words).toEqual(FORM);
  },
);

test.each(RECORD_STEP_NAMES)('the step %s in the master database has its place on the page', (step) => {
  expect(page).toContain(`<a id="${step}"></a>**${step}**`);
});
