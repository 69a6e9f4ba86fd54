import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';
import { LINES, RUN_ELSEWHERE } from './documents/lines';

test.each(RUN_ELSEWHERE)('what matches %s is run elsewhere, and is still in a document', (form, where) => {
  expect(() => readFileSync(path.join(projectRoot(), where))).not.toThrow();
  expect(LINES.some(({ line }) => form.test(line))).toBe(true);
});
