import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BACKEND_KINDS, BACKENDS, BACKEND_STEP_NAMES, FAILURES } from '@freeflow/contract';
import { projectRoot } from '../../../../stack/project';
import { type Inline, readParagraphs } from './runbook';

const paragraphs = readParagraphs(readFileSync(path.join(projectRoot(), 'docs/runbook.md'), 'utf8'));

const wordsOf = (parts: readonly Inline[]): string =>
  parts.map((it) => ('text' in it ? it.text : wordsOf(it.parts))).join('');

test.each([
  ...BACKEND_STEP_NAMES.map((it) => it.replace('.', '-')),
  ...Object.keys(FAILURES),
  ...BACKEND_KINDS.map((it) => BACKENDS[it].title.toLowerCase()),
  'sweep',
  'run-fails',
  'alert-runs-without-workers',
])('there is something to show on %s', (anchor) => {
  expect(paragraphs.get(anchor)).not.toHaveLength(0);
  expect(paragraphs.get(anchor)).toBeDefined();
});

test('a paragraph reaches up to the next one, with its list, code and references', () => {
  const blocks = readParagraphs(
    '## Head\n\n```sh\nls\n```\n\n<a id="one"></a>**one** is\nfirst\n\n- **Do**: see [two](#two), `x`\n\n<a id="two"></a>**two**\n\n- <a id="three"></a>third\n',
  );
  expect([...blocks.keys()]).toEqual(['head', 'one', 'two', 'three']);
  expect(blocks.get('head')).toEqual([{ as: 'code', text: 'ls' }]);
  const [sentence, list] = blocks.get('one') ?? [];
  expect(sentence?.as === 'paragraph' && wordsOf(sentence.parts)).toBe('one is first');
  expect(list?.as === 'list' && list.items.map(wordsOf)).toEqual(['Do: see two, x']);
  expect(JSON.stringify(list)).toContain('"to":"#two"');
  expect(JSON.stringify(blocks.get('three'))).toContain('third');
});
