import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../stack/project';
import { envOf } from './freeflow';
import { openHouse, type House } from './house';

/** A line of a shell block in one of our documents. */
interface Line {
  file: string;
  line: string;
}

/** Commands that tests of their own run, for they start or end the whole product, take long, or need servers of somebody else. */
const RUN_ELSEWHERE: readonly [RegExp, string][] = [
  [/^npm start\b/, 'test/stack-start.e2e.test.ts'],
  [/^npm test\b/, '.ci/run'],
  [/^npm run demo\b/, 'test/stack-start.e2e.test.ts'],
  [/^npm run test:faults\b/, 'package.json'],
  [/^pnpm --filter @freeflow\/db-master db:migrate/, 'prisma/migrate.test.ts'],
  [/^pnpm --filter @freeflow\/db-master db:seed/, 'prisma/seed.test.ts'],
];

/** A block whose text before it says this is not run: there is no Docker where the tests run. */
const NEEDS_DOCKER = /Not started here/;

const ROOT = projectRoot();
const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(path.join(ROOT, 'docs')).filter((it) => it.endsWith('.md')).map((it) => `docs/${it}`)];

/** All lines of a document's `sh` blocks, without comments; what is behind a heading that needs Docker is left out. */
function linesOf(file: string): Line[] {
  const sections = readFileSync(path.join(ROOT, file), 'utf8').split(/^(?=## )/m).filter((it) => !NEEDS_DOCKER.test(it));
  return sections.flatMap((section) => [...section.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block = '']) =>
    block.replaceAll(/\\\n\s*/g, '').split('\n').map((it) => it.replace(/\s+#.*$/, '').trim()).filter((it) => it !== '').map((line) => ({ file, line })),
  ));
}

const all = documents.flatMap(linesOf);
const isElsewhere = ({ line }: Line) => RUN_ELSEWHERE.some(([form]) => form.test(line));

test.each(RUN_ELSEWHERE)('what matches %s is run elsewhere, and is still in a document', (form, where) => {
  expect(() => readFileSync(path.join(ROOT, where))).not.toThrow();
  expect(all.some(({ line }) => form.test(line))).toBe(true);
});

describe('the commands of the README, pasted one after the other', () => {
  let house: House;
  let bin: string;
  beforeAll(async () => {
    house = await openHouse();
    bin = mkdtempSync(path.join(tmpdir(), 'freeflow-bin-'));
    // There may be no pnpm where this runs; what it would do with these words is in package.json.
    writeFileSync(path.join(bin, 'pnpm'), `#!/bin/sh\n[ "$1" = -s ] && shift\n[ "$1" = freeflow ] && shift && exec '${process.execPath}' '${ROOT}/dist/cli/main.js' "$@"\nexit 127\n`);
    chmodSync(path.join(bin, 'pnpm'), 0o755);
  });
  afterAll(async () => {
    await house.close();
    rmSync(bin, { recursive: true });
  });

  test('each is understood, and ends as it should', async () => {
    const lines = linesOf('README.md').filter((it) => !isElsewhere(it)).map(({ line }) => line.replaceAll('http://127.0.0.1:3000', house.apiUrl));
    expect(lines.length).toBeGreaterThan(10);
    const script = lines.map((line) => `${line}\ncode=$?; [ $code = 0 ] || echo "FAILED with $code: "${quoted(line)} >&2`).join('\n');
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn('bash', ['-c', script], { cwd: ROOT, env: { PATH: `${bin}:${PATH}`, HOME, ...envOf(house), ...checkedByDoctor(house) }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (it) => { output += String(it); });
    await new Promise((resolve) => child.on('close', resolve));
    expect(output.split('\n').filter((it) => it.startsWith('FAILED'))).toEqual([]);
    expect(output).toContain('globex is gone');
  }, 240_000);
});

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The doctor is told of the house by what worker and API read. */
const checkedByDoctor = (_house: House): Record<string, string> => ({});
