import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quoteShell } from '@freeflow/lib/shell';
import { projectRoot } from '../../stack/project';
import { readStackInfo } from '../../stack/stack-info';
import { query } from '../support/migrated-database';
import { outcome, run } from '../support/stack-bench';
import { until } from '../support/until';
import { isElsewhere, LINES, NOT_HERE } from './lines';

/**
 * The command lines of all documents, pasted into a shell.
 * @param given the folder of a stack with the whole product and its first tenant, acme, where nothing is stuck
 */
export function describeDocuments(given: () => string): void {
  let bin: string;
  beforeAll(() => {
    bin = binWithPnpm();
  });
  afterAll(() => rmSync(bin, { recursive: true }));

  const paste = (lines: readonly string[], codes: readonly number[], env: Record<string, string> = {}) =>
    pasteInto(lines, codes, { ...readersEnv(given(), bin), ...env });

  test('those of the README end as they should', async () => {
    const lines = LINES.filter((it) => it.file === 'README.md' && !isElsewhere(it)).map(({ line }) =>
      line.replaceAll('./.freeflow/stack.json', path.join(given(), 'stack.json')),
    );
    expect(lines.length).toBeGreaterThan(10);
    // 3 is what `tenants stuck` ends with when there is something.
    const { output, failed } = await paste(lines, [0, 3]);
    expect(failed).toEqual([]);
    expect(output).toContain('globex is gone');
  });

  test('those of all other documents are understood', async () => {
    const lines = LINES.filter((it) => it.file !== 'README.md' && !isElsewhere(it) && !NOT_HERE.test(it.line)).map(
      ({ line }) => line,
    );
    const sql = lines.filter((it) => it.startsWith('psql '));
    const toServers = lines.filter((it) => /\$(QDRANT|KEYCLOAK|KC)_/.test(it));
    const others = lines.filter((it) => !sql.includes(it) && !toServers.includes(it));
    for (const some of [sql, toServers, others]) expect(some.length).toBeGreaterThan(2);
    // What is exported of a tenant in the middle of its create is not all that it will be.
    await until('what the README has begun has ended', async () => (await openOperations(given())).length === 0);
    expect((await paste(sql, [0])).failed).toEqual([]);
    expect((await paste(toServers, [0], serversEnv(given()))).failed).toEqual([]);
    expect((await paste(others, [0, 1, 3])).failed).toEqual([]);
  });
}

const openOperations = (dir: string) =>
  query(readStackInfo(dir).masterDatabaseUrl, 'SELECT 1 FROM "TenantOperation" WHERE "endedAt" IS NULL');

/** There may be no pnpm where this runs; what it would do with these words is in package.json. */
function binWithPnpm(): string {
  const bin = mkdtempSync(path.join(tmpdir(), 'freeflow-bin-'));
  const cli = path.join(projectRoot(), 'dist/cli/main.js');
  writeFileSync(
    path.join(bin, 'pnpm'),
    `#!/bin/sh\n[ "$1" = -s ] && shift\n[ "$1" = freeflow ] && shift && exec '${process.execPath}' '${cli}' "$@"\nexit 127\n`,
  );
  chmodSync(path.join(bin, 'pnpm'), 0o755);
  return bin;
}

/** Doctor's table is as long. */
const TOLD_LINES = 40;

/**
 * Runs lines one after the other in one shell; gives what it printed, and those that did not end with one of these
 * codes, each with what was printed before.
 */
async function pasteInto(
  lines: readonly string[],
  codes: readonly number[],
  env: Record<string, string>,
): Promise<{ output: string; failed: string[] }> {
  const check = (line: string) =>
    `code=$?; case " ${codes.join(' ')} " in *" $code "*) ;; *) echo "FAILED with $code: "${quoteShell(line)} >&2;; esac`;
  const script = lines.map((line) => `${line}\n${check(line)}`).join('\n');
  const { output } = await outcome(run('bash', ['-c', script], env));
  const said = output.split('\n');
  const failed = said.flatMap((it, at) =>
    it.startsWith('FAILED') ? [said.slice(Math.max(0, at - TOLD_LINES), at + 1).join('\n')] : [],
  );
  return { output, failed };
}

/** What the documents take for granted: our programs and the stack's own psql on the PATH, and who uses that. */
function readersEnv(dir: string, bin: string): Record<string, string> {
  const { postgres } = readStackInfo(dir);
  const { hostname, port, username, password } = new URL(postgres.url);
  return {
    FREEFLOW_STACK_DIR: dir,
    PATH: [path.dirname(postgres.programPath ?? ''), bin, process.env['PATH'] ?? ''].join(':'),
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
  };
}

/** The variables by which a reader reaches the other servers without us. */
function serversEnv(dir: string): Record<string, string> {
  const { qdrant, keycloak } = readStackInfo(dir);
  return {
    QDRANT_URL: qdrant.url,
    QDRANT_API_KEY: qdrant.apiKey,
    KEYCLOAK_URL: keycloak.url,
    KEYCLOAK_CLIENT_ID: keycloak.provisioner.clientId,
    KEYCLOAK_CLIENT_SECRET: keycloak.provisioner.clientSecret,
  };
}
