import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freeflow } from '../test/support/freeflow';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'freeflow-cli-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test.each([
  ['cut off', '{"secretsKey":"hunter22'],
  ['no JSON', '{"secretsKey":hunter22}'],
  ['of another version', '{"secretsKey":"hunter22"}'],
])('a stack.json that is %s is not quoted: it holds secrets', async (_what, content) => {
  writeFileSync(path.join(dir, 'stack.json'), content);
  expect(await freeflow(['token'], { FREEFLOW_STACK_DIR: dir })).toEqual({
    code: 4,
    stdout: '',
    stderr: `${dir}/stack.json is damaged, or written by another version.\nStart the stack again with npm start.\n`,
  });
});

test('a stack.json that cannot be read reports why', async () => {
  mkdirSync(path.join(dir, 'stack.json'));
  expect(await freeflow(['token'], { FREEFLOW_STACK_DIR: dir })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("/stack.json can't be read (EISDIR)."),
  });
});
