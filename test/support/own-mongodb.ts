import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withAdmin } from '../../backends/mongodb/provisioner/client';
import { ManagedProcess } from '../../stack/managed-process';
import { freePort, PREFERRED_PORTS } from '../../stack/ports';
import { cacheDir } from '../../stack/project';
import { mongodb } from '../../stack/servers/mongodb';
import { loadSettings } from '../../stack/settings';
import { until } from './until';

/** A MongoDB server of a test's own: a replica set of one member, which has transactions and change streams. */
export interface OwnMongo {
  url: string;
  provisionerUrl: string;
  close(): Promise<void>;
}

export async function openOwnMongo(): Promise<OwnMongo> {
  const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-mongodb-'));
  const port = await freePort();
  const settings = { ...loadSettings(dir), ports: { ...PREFERRED_PORTS, mongodb: port } };
  const context = {
    dir,
    cache: cacheDir(process.env),
    settings,
    external: {},
    env: process.env,
    signal: new AbortController().signal,
    note: () => undefined,
  };
  const program = await mongodb.fetch({ ...context, onProgress: () => undefined, onBuild: () => undefined });
  const keyFile = path.join(dir, 'key');
  // Members of a replica set with logins prove to each other who they are.
  writeFileSync(keyFile, randomBytes(90).toString('base64'), { mode: 0o400 });
  const plan = async () => {
    const { args, ...rest } = await mongodb.launch(context, program);
    return { ...rest, args: [...args, '--replSet', 'own', '--keyFile', keyFile] };
  };
  const server = new ManagedProcess({
    title: mongodb.title,
    log: path.join(dir, 'log'),
    plan,
    check: () => mongodb.check(context),
    readyWithinMs: 60_000,
    stopSignal: mongodb.stopSignal,
    stopWithinMs: 10_000,
    onLaunch: () => undefined,
    onEvent: () => undefined,
  });
  await server.start();
  const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
  await withAdmin(`mongodb://127.0.0.1:${port}/?directConnection=true`, async (admin) => {
    await admin.command({ replSetInitiate: { _id: 'own', members } });
    await until('it takes writes', async () => (await admin.command({ hello: 1 }))['isWritablePrimary'] === true);
  });
  const { mongodb: urls } = await mongodb.setUp(context, program);
  if (urls === undefined) throw new Error('MongoDB was not set up');
  const close = async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { ...urls, close };
}
