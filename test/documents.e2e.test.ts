import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quoteShell } from '@freeflow/lib/shell';
import { projectRoot } from '../stack/project';
import { doctorEnv } from './support/doctor';
import { GUIDES, textOf } from './support/documents';
import { envOf } from './support/freeflow';
import { openTestInstallation, type TestInstallation } from './support/installation';
import { createTenant, deleteTenant } from './support/tenants';

/** A line of a shell block in one of our documents. */
interface Line {
  file: string;
  line: string;
}

/** Commands that tests of their own run, for they start or end the whole product, take long, or need servers of another party. */
const RUN_ELSEWHERE: readonly [RegExp, string][] = [
  [/^npm start\b/, 'test/e2e/stack.e2e.test.ts'],
  [/^npm test\b/, '.ci/run'],
  [/^npm run demo\b/, 'test/e2e/stack.e2e.test.ts'],
  [/^pnpm --filter @freeflow\/db-master db:migrate/, 'prisma/migrate.integration.test.ts'],
  [/^pnpm --filter @freeflow\/db-master db:seed/, 'prisma/seed.integration.test.ts'],
  [/^install -m 600 \/dev\/null worker\.env/, 'test/e2e/secret-files.e2e.test.ts'],
  [/freeflow setup backends/, 'cli/commands/setup-backends.integration.test.ts'],
  [/^temporal /, 'test/runbook.integration.test.ts'],
];

/** Programs that are not to be had where the tests run. */
const NOT_HERE = /^mongosh /;

/** A block whose text before it says this is not run: there is no Docker where the tests run. */
const NEEDS_DOCKER = /Not started here/;

const ROOT = projectRoot();

/** All lines of a document's `sh` blocks, without comments; what is behind a heading that needs Docker is left out. */
function linesOf(file: string): Line[] {
  const sections = textOf(file)
    .split(/^(?=## )/m)
    .filter((it) => !NEEDS_DOCKER.test(it));
  return sections.flatMap((section) =>
    [...section.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block = '']) =>
      block
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .map((it) => it.replace(/\s+#.*$/, '').trim())
        .filter((it) => it !== '')
        .map((line) => ({ file, line })),
    ),
  );
}

const all = GUIDES.flatMap(linesOf);
const isElsewhere = ({ line }: Line) => RUN_ELSEWHERE.some(([form]) => form.test(line));

test.each(RUN_ELSEWHERE)('what matches %s is run elsewhere, and is still in a document', (form, where) => {
  expect(() => readFileSync(path.join(ROOT, where))).not.toThrow();
  expect(all.some(({ line }) => form.test(line))).toBe(true);
});

describe('pasted into a shell, one after the other', () => {
  let installation: TestInstallation;
  let bin: string;
  beforeAll(async () => {
    installation = await openTestInstallation();
    bin = mkdtempSync(path.join(tmpdir(), 'freeflow-bin-'));
    // There may be no pnpm where this runs; what it would do with these words is in package.json.
    writeFileSync(
      path.join(bin, 'pnpm'),
      `#!/bin/sh\n[ "$1" = -s ] && shift\n[ "$1" = freeflow ] && shift && exec '${process.execPath}' '${ROOT}/dist/cli/main.js' "$@"\nexit 127\n`,
    );
    chmodSync(path.join(bin, 'pnpm'), 0o755);
  });
  afterAll(async () => {
    await installation.close();
    rmSync(bin, { recursive: true });
  });

  /** Runs lines one after the other in one shell; gives what it printed, and those that did not end with one of these codes. */
  async function paste(
    lines: readonly string[],
    codes: readonly number[],
    env: Record<string, string> = {},
  ): Promise<{ output: string; failed: string[] }> {
    const check = (line: string) =>
      `code=$?; case " ${codes.join(' ')} " in *" $code "*) ;; *) echo "FAILED with $code: "${quoteShell(line)} >&2;; esac`;
    const { PATH = '', HOME = '' } = process.env;
    const script = lines.map((line) => `${line}\n${check(line)}`).join('\n');
    const child = spawn('bash', ['-c', script], {
      cwd: ROOT,
      env: { PATH: `${bin}:${PATH}`, HOME, ...doctorEnv(installation), ...envOf(installation), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (it) => {
        output += String(it);
      });
    await new Promise((resolve) => child.on('close', resolve));
    return { output, failed: output.split('\n').filter((it) => it.startsWith('FAILED')) };
  }

  test('those of the README end as they should', async () => {
    // The stack of the tests has no API; this installation does.
    const stackFile = path.join(bin, 'stack.json');
    writeFileSync(stackFile, JSON.stringify({ api: { url: installation.apiUrl } }));
    const lines = all
      .filter((it) => it.file === 'README.md' && !isElsewhere(it))
      .map(({ line }) => line.replaceAll('./.freeflow/stack.json', stackFile));
    expect(lines.length).toBeGreaterThan(10);
    // 3 is what `tenants stuck` ends with when there is something.
    const { output, failed } = await paste(lines, [0, 3]);
    expect(failed).toEqual([]);
    expect(output).toContain('globex is gone');
  });

  test('those of all other documents are understood: there is an acme, but nothing is stuck', async () => {
    const { id } = await createTenant(installation, 'acme');
    const lines = all.filter((it) => it.file !== 'README.md' && !isElsewhere(it) && !NOT_HERE.test(it.line));
    const [sql, shell] = [
      lines.filter(({ line }) => line.startsWith('psql ')),
      lines.filter(({ line }) => !line.startsWith('psql ')),
    ];
    expect(sql.length).toBeGreaterThan(2);
    const asked = await paste(
      sql.map(({ line }) => line.replace('-d freeflow_master', `-d ${masterName()}`)),
      [0],
      psqlEnv(),
    );
    expect(asked.failed).toEqual([]);
    const { qdrant, keycloak } = installation.info;
    const { failed } = await paste(
      shell.map(({ line }) => line),
      [0, 1, 3],
      {
        ID: id,
        QDRANT_URL: qdrant.url,
        QDRANT_API_KEY: qdrant.apiKey,
        KEYCLOAK_URL: keycloak.url,
        KEYCLOAK_CLIENT_ID: keycloak.provisioner.clientId,
        KEYCLOAK_CLIENT_SECRET: keycloak.provisioner.clientSecret,
      },
    );
    expect(failed).toEqual([]);
    await deleteTenant(installation, id);
  });

  const masterName = () => new URL(installation.masterUrl).pathname.slice(1);

  /** By which the stack's own psql is found and logs in as the owner. */
  function psqlEnv(): Record<string, string> {
    const { postgres } = installation.info;
    const { hostname, port, username, password } = new URL(postgres.url);
    return {
      PATH: [path.dirname(postgres.programPath ?? ''), bin, process.env['PATH'] ?? ''].join(':'),
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      PGPASSWORD: password,
    };
  }
});
