import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from '../../stack/fetch/cache';
import { cacheDir } from '../../stack/project';

const VERSION = '4.32.5';
const INSTALL_MS = 180_000;

/** What the tool has found, in its own words, and how many requests it made. */
export interface Verdict {
  hasPassed: boolean;
  cases: number;
  text: string;
}

/**
 * Folder of the tool, installed from PyPI into the user's cache the first time. It has dozens of dependencies, so pip
 * resolves them.
 */
const ensureInstalled = (): Promise<string> =>
  cachedFolder(cacheDir(process.env), `schemathesis-${VERSION}`, async (folder) => {
    await promisify(execFile)(
      'python3',
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--target',
        folder,
        `schemathesis==${VERSION}`,
      ],
      { timeout: INSTALL_MS },
    );
  });

/**
 * Tries an API by its own OpenAPI document: https://schemathesis.readthedocs.io
 * @param seconds how long at most
 */
export async function trySchemathesis(
  url: string,
  token: string,
  { seconds, examples }: { seconds: number; examples: number },
): Promise<Verdict> {
  const folder = await ensureInstalled();
  // It leaves folders of its own where it runs.
  const cwd = mkdtempSync(path.join(tmpdir(), 'freeflow-schemathesis-'));
  const options = [
    '--header',
    `Authorization: Bearer ${token}`,
    '--checks',
    'not_a_server_error,content_type_conformance,response_schema_conformance,status_code_conformance',
    '--max-examples',
    String(examples),
    '--max-time',
    String(seconds),
    '--seed',
    '1',
    '--continue-on-failure',
    '--no-color',
    '--warnings',
    'off',
    // A stream has no end of its own.
    '--exclude-path-regex',
    '/events$',
    '--request-timeout',
    '20',
  ];
  const run = promisify(execFile)('python3', ['-m', 'schemathesis.cli', 'run', `${url}/openapi.json`, ...options], {
    cwd,
    env: { ...process.env, PYTHONPATH: folder },
    maxBuffer: 1 << 26,
    timeout: (seconds + 120) * 1_000,
  });
  const { failed, text } = await run.then(
    ({ stdout, stderr }) => ({ failed: false, text: stdout + stderr }),
    (error: { stdout?: string; stderr?: string; message: string }) => ({
      failed: true,
      text: `${error.stdout ?? ''}${error.stderr ?? ''}` || error.message,
    }),
  );
  rmSync(cwd, { recursive: true, force: true });
  const [, cases = '0'] = /(\d[\d,]*) generated/.exec(text) ?? [];
  return { hasPassed: !failed, cases: Number(cases.replaceAll(',', '')), text };
}
