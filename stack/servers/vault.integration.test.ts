import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { VaultKv } from '@freeflow/lib/vault';
import { until } from '../../test/support/until';
import { ManagedProcess } from '../managed-process';
import { freePort, PREFERRED_PORTS } from '../ports';
import { cacheDir } from '../project';
import { loadSettings } from '../settings';
import { workerEnv } from '../stack-info';
import { serversOf } from './index';
import { isKeptIn, vault } from './vault';

const dir = mkdtempSync(path.join(tmpdir(), 'freeflow stack-vault-'));
let server: ManagedProcess;
let part: Pick<StackInfo, 'vault'>;
let pid: number;
let setUpAgain: () => Promise<unknown>;
const launches: number[] = [];

const contextOf = async () => ({
  dir,
  cache: cacheDir(process.env),
  settings: {
    ...loadSettings(dir),
    ports: { ...PREFERRED_PORTS, vault: await freePort(), vaultCluster: await freePort() },
  },
  external: {},
  env: process.env,
  signal: new AbortController().signal,
  note: () => undefined,
});

beforeAll(async () => {
  const context = await contextOf();
  const program = await vault.fetch({ ...context, onProgress: () => undefined, onBuild: () => undefined });
  server = new ManagedProcess({
    title: vault.title,
    log: path.join(dir, 'log'),
    plan: () => vault.launch(context, program),
    check: () => vault.check(context),
    readyWithinMs: 60_000,
    stopSignal: vault.stopSignal,
    stopWithinMs: 10_000,
    onLaunch: (identity) => {
      ({ pid } = identity);
      launches.push(pid);
    },
    onEvent: () => undefined,
  });
  await server.start();
  part = await vault.setUp(context, program);
  // As with each further start.
  setUpAgain = () => vault.setUp(context, program);
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true });
});

const open = (role: 'worker' | 'reader'): VaultKv => {
  const { url = '', [role]: login } = part.vault ?? { worker: undefined, reader: undefined };
  if (login === undefined) throw new Error('no vault');
  return new VaultKv({
    address: url,
    mount: 'secret',
    path: 'freeflow',
    login: { method: 'approle', mount: 'approle', ...login },
  });
};

test('the worker writes, and the reader reads; the key that opens it is for its owner alone', async () => {
  const [worker, reader] = [open('worker'), open('reader')];
  expect(await worker.putIfAbsent('freeflow/it', { value: 'x' })).toBe(true);
  expect(await reader.read('freeflow/it')).toEqual({ value: 'x' });
  await expect(reader.putIfAbsent('freeflow/other', { value: 'x' })).rejects.toMatchObject({ code: 'vault-forbidden' });
  expect(statSync(path.join(dir, 'data', 'vault', 'keys.json')).mode & 0o777).toBe(0o600);
  await Promise.all([worker.close(), reader.close()]);
});

test('killed it comes back unsealed, with what was in it', async () => {
  process.kill(pid, 'SIGKILL');
  await until('it runs again', async () => launches.length > 1);
  const worker = open('worker');
  expect(await until('it answers', () => worker.read('freeflow/it'))).toEqual({ value: 'x' });
  await worker.close();
});

test('from then on it belongs to the stack of that folder, whose workers keep secrets in it', async () => {
  expect(await setUpAgain()).toEqual(part);
  const elsewhere = path.join(dir, 'elsewhere');
  expect([isKeptIn(elsewhere), isKeptIn(dir)]).toEqual([false, true]);
  expect(serversOf(elsewhere, false)).not.toContain(vault);
  expect(serversOf(dir, false)).toContain(vault);
  const info = { ...part, worker: { healthUrl: 'http://127.0.0.1:1' } };
  const rest = ['postgres', 'mongodb', 'qdrant', 'keycloak', 'temporal', 'masterDatabase'].map((it) => [
    it,
    { provisioner: {} },
  ]);
  expect(workerEnv({ ...Object.fromEntries(rest), ...info } as unknown as StackInfo)).toMatchObject({
    SECRETS_STORE: 'vault',
    VAULT_ADDR: part.vault?.url,
    VAULT_ROLE_ID: 'freeflow-worker',
  });
});
