import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PREFERRED_PORTS } from '../stack/ports';
import { ManagedProcess } from '../stack/managed-process';
import { postgres } from '../stack/servers/postgres';
import { loadSettings } from '../stack/settings';
import { freePort } from './house';

/** A PostgreSQL server of a test's own, that can be set back as a whole without anybody else noticing. */
export interface OwnPostgres {
  url: string;
  provisionerUrl: string;
  /** Copies the whole server, as a cold backup does. */
  backUp(): Promise<void>;
  /** Sets it back to what it was then. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function openOwnPostgres(): Promise<OwnPostgres> {
  const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-postgres-'));
  const settings = { ...loadSettings(dir), ports: { ...PREFERRED_PORTS, postgres: await freePort() } };
  const context = { dir, cache: dir, settings, external: {}, env: process.env, signal: new AbortController().signal, note: () => undefined };
  const program = await postgres.fetch({ ...context, onProgress: () => undefined, onBuild: () => undefined });
  const [data, backup] = [path.join(dir, 'data', 'postgres'), path.join(dir, 'backup')];
  let server: ManagedProcess;
  const start = async () => {
    server = new ManagedProcess({
      title: postgres.title, log: path.join(dir, 'log'), plan: () => postgres.launch(context, program), check: () => postgres.check(context),
      readyWithinMs: 60_000, stopSignal: postgres.stopSignal, stopWithinMs: 10_000, onLaunch: () => undefined, onEvent: () => undefined,
    });
    await server.start();
  };
  const copy = async (from: string, to: string) => {
    await server.stop();
    rmSync(to, { recursive: true, force: true });
    // Whom the files belong to included, which Node's own copy leaves behind.
    execFileSync('cp', ['-a', from, to]);
    await start();
  };
  const close = async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };

  await start();
  const { postgres: urls } = await postgres.setUp(context, program);
  if (urls === undefined) throw new Error('PostgreSQL was not set up');
  return { ...urls, backUp: () => copy(data, backup), restore: () => copy(backup, data), close };
}
