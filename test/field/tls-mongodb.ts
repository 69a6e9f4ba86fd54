import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { withAdmin, withLogin } from '../../backends/mongodb/provisioner/client';
import { mongoNames } from '../../backends/mongodb/provisioner/names';
import { setUpMongo } from '../../backends/mongodb/provisioner/set-up';
import { PROVISIONER } from '../../backends/provisioner/names';
import { ManagedProcess } from '../../stack/managed-process';
import { freePort } from '../../stack/ports';
import { cacheDir } from '../../stack/project';
import { mongodb } from '../../stack/servers/mongodb';
import { loadSettings } from '../../stack/settings';
import { until } from '../support/until';
import type { Certificates } from './certificates';

/** A MongoDB server of a test's own: a replica set of one, which takes no connection without TLS. */
export interface TlsMongo extends Pick<StackInfo['mongodb'], 'url' | 'provisionerUrl'> {
  port: number;
  close(): Promise<void>;
}

export async function openTlsMongo(certificates: Certificates): Promise<TlsMongo> {
  const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-mongodb-'));
  const port = await freePort();
  const server = new ManagedProcess({
    title: 'MongoDB',
    log: path.join(dir, 'log'),
    plan: () => plan(dir, port, certificates),
    check: () =>
      withAdmin(at(''), async (admin) => {
        await admin.command({ hello: 1 });
      }),
    readyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    onLaunch: () => undefined,
    onEvent: () => undefined,
  });
  const tls = `tls=true&tlsCAFile=${encodeURIComponent(certificates.ca)}`;
  const at = (login: string) => `mongodb://${login}localhost:${port}/?${tls}&directConnection=true`;
  await server.start();
  await withAdmin(at(''), (admin) =>
    admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `localhost:${port}` }] } }),
  );
  await until('the replica set has a primary', () =>
    withAdmin(at(''), async (admin) => (await admin.command({ hello: 1 }))['isWritablePrimary'] === true),
  );
  // A password that has to be escaped, as people choose them.
  const password = "p%40/:?#é'";
  await withAdmin(at(''), (admin) => admin.command({ createUser: 'root', pwd: password, roles: ['root'] }));
  const url = `mongodb://root:${encodeURIComponent(password)}@localhost:${port},127.0.0.1:${port}/?authSource=admin&replicaSet=rs0&${tls}`;
  const name = mongoNames(PROVISIONER);
  const { password: given = '' } = await setUpMongo({
    ownerUrl: url,
    name,
    password: { value: randomBytes(12).toString('hex'), isForced: true },
  });
  const close = async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { url, provisionerUrl: withLogin(url, name.user, given), port, close };
}

async function plan(dir: string, port: number, { ca, pem }: Certificates) {
  const context = {
    dir,
    cache: cacheDir(process.env),
    settings: loadSettings(dir),
    external: {},
    env: process.env,
    signal: new AbortController().signal,
    note: () => undefined,
    onProgress: () => undefined,
    onBuild: () => undefined,
  };
  const { path: command } = await mongodb.fetch(context);
  const keyFile = path.join(dir, 'key');
  writeFileSync(keyFile, randomBytes(64).toString('base64'), { mode: 0o600 });
  const args = [
    '--auth',
    '--keyFile',
    keyFile,
    '--replSet',
    'rs0',
    '--bind_ip',
    'localhost',
    '--port',
    String(port),
    '--dbpath',
    dir,
    '--nounixsocket',
    '--wiredTigerCacheSizeGB',
    '0.25',
    '--tlsMode',
    'requireTLS',
    '--tlsCertificateKeyFile',
    pem,
    '--tlsCAFile',
    ca,
    '--tlsAllowConnectionsWithoutCertificates',
  ];
  return { command, args, env: process.env, cwd: dir };
}
