import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { generateKeyPair, SignJWT } from 'jose';
import { freePort } from '../../stack/ports';
import { startVault, type OwnVault } from '../../test/support/own-vault';
import { startProxy } from '../../test/support/tcp-proxy';
import { until } from '../../test/support/until';
import { VaultKv } from './kv';
import type { VaultLogin, VaultSettings } from './settings';

let vault: OwnVault;
const opened: VaultKv[] = [];

beforeAll(async () => {
  vault = await startVault();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((it) => it.close()));
});
afterAll(() => vault.stop());

const open = (more: Partial<VaultSettings> = {}): VaultKv => {
  const kv = new VaultKv({ ...vault.settingsOf(vault.worker), timeoutMs: 1_000, ...more });
  opened.push(kv);
  return kv;
};

let paths = 0;
const newPath = (): string => `freeflow/test/${(paths += 1)}`;

/** What a call fails with; nothing that was given to it is in there. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const failure: unknown = await call.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );
  expect(inspect(failure, { depth: 9 })).not.toMatch(/hunter22|secret-id-of|hvs\.|s\.[A-Za-z0-9]{20}/);
  return failure;
}

describe('an engine', () => {
  it('takes the first, refuses the second, and gives back the first', async () => {
    const [kv, at] = [open(), newPath()];
    expect(await kv.putIfAbsent(at, { value: 'hunter22' })).toBe(true);
    expect(await kv.putIfAbsent(at, { value: 'other' })).toBe(false);
    expect(await kv.read(at, 1)).toEqual({ value: 'hunter22' });
    expect(await kv.read(at, 2)).toBeUndefined();
    expect(await kv.read(newPath())).toBeUndefined();
  });

  it('has versions where they are wanted, of which the newest is read', async () => {
    const [kv, at] = [open(), newPath()];
    await kv.put(at, { value: 'one' });
    await kv.put(at, { value: 'two' });
    expect(await Promise.all([kv.read(at), kv.read(at, 1)])).toEqual([{ value: 'two' }, { value: 'one' }]);
  });

  it('leaves nothing of what is destroyed, not even its name; destroyed again, it is done', async () => {
    const [kv, at] = [open(), newPath()];
    await kv.put(at, { value: 'one' });
    await kv.put(at, { value: 'two' });
    await kv.destroy(at);
    await kv.destroy(at);
    await expect(vault.admin('GET', `secret/metadata/${at}`)).rejects.toThrow('404');
    expect(await kv.putIfAbsent(at, { value: 'anew' })).toBe(true);
  });

  it('says that what was deleted by hand is neither there nor to be written', async () => {
    const [kv, at] = [open(), newPath()];
    await kv.put(at, { value: 'hunter22' });
    await vault.admin('DELETE', `secret/data/${at}`);
    expect(await kv.putIfAbsent(at, { value: 'other' })).toBe(false);
    expect(await kv.read(at, 1)).toBeUndefined();
  });

  it('of another kind is told', async () => {
    await vault.admin('POST', 'sys/mounts/old', { type: 'kv', options: { version: '1' } });
    const kv = open({ mount: 'old', login: { method: 'token', token: vault.rootToken } });
    expect(await failureOf(kv.putIfAbsent('it', { value: 'hunter22' }))).toMatchObject({
      message: expect.stringContaining('KV engine of version 2'),
    });
  });
});

it('a path without an engine is not taken for one without secrets: nothing was destroyed there', async () => {
  const kv = open({ mount: 'nowhere', login: { method: 'token', token: vault.rootToken } });
  const calls = [() => kv.read('it', 1), () => kv.destroy('it'), () => kv.putIfAbsent('it', { value: 'hunter22' })];
  for (const call of calls)
    expect(await failureOf(call())).toMatchObject({
      code: 'vault-unexpected',
      message: expect.stringContaining('no handler for route'),
    });
});

describe('what it refuses', () => {
  it('is named by the right and the path that no policy has', async () => {
    const kv = open(vault.settingsOf(vault.reader));
    const at = newPath();
    expect(await failureOf(kv.putIfAbsent(at, { value: 'hunter22' }))).toMatchObject({
      code: 'vault-forbidden',
      message: `vault: no policy of this login allows create, update on secret/data/${at}`,
    });
    expect(await failureOf(kv.destroy(at))).toMatchObject({
      message: expect.stringContaining(`delete on secret/metadata/${at}`),
    });
    expect(await failureOf(open().read('elsewhere/it', 1))).toMatchObject({
      message: expect.stringContaining('read on secret/data/elsewhere/it'),
    });
  });

  it('is known before: all that the worker needs, and what a reader lacks of it', async () => {
    expect(await open().missingRights()).toEqual([]);
    expect(await open(vault.settingsOf(vault.reader)).missingRights()).toEqual([
      'create on secret/data/freeflow/+',
      'update on secret/data/freeflow/+',
      'read on secret/metadata/freeflow/+/+',
      'delete on secret/metadata/freeflow/+/+',
      'list on secret/metadata/freeflow/+/',
    ]);
  });

  it.each<[string, VaultLogin]>([
    ['a secret id', { method: 'approle', mount: 'approle', roleId: 'freeflow-worker', secretId: 'hunter22' }],
    ['a mount', { method: 'approle', mount: 'nowhere', roleId: 'freeflow-worker', secretId: 'hunter22' }],
    ['a token', { method: 'token', token: 'hunter22' }],
    ['a file', { method: 'kubernetes', mount: 'kubernetes', role: 'it', tokenPath: '/nowhere/token' }],
  ])('is the login, by %s that is wrong', async (_what, login) => {
    expect(await failureOf(open({ login }).read(newPath()))).toMatchObject({ code: 'vault-login' });
  });
});

describe('a token', () => {
  const shortRole = async (more: object): Promise<VaultLogin> => {
    const name = `short-${(paths += 1)}`;
    await vault.admin('POST', `auth/approle/role/${name}`, { token_policies: ['freeflow-worker'], ...more });
    await vault.admin('POST', `auth/approle/role/${name}/role-id`, { role_id: name });
    await vault.admin('POST', `auth/approle/role/${name}/custom-secret-id`, { secret_id: `secret-id-of-${name}` });
    return { method: 'approle', mount: 'approle', roleId: name, secretId: `secret-id-of-${name}` };
  };
  const accessorsOf = async (roleName: string): Promise<string[]> => {
    const { data } = (await vault.admin('GET', 'auth/token/accessors?list=true')) as { data: { keys: string[] } };
    const all = await Promise.all(
      data.keys.map(async (accessor) => {
        const found = await vault.admin('POST', 'auth/token/lookup-accessor', { accessor }).catch(() => undefined);
        const { meta } = (found as { data: { meta: { role_name?: string } | null } } | undefined)?.data ?? {};
        return meta?.role_name === roleName ? [accessor] : [];
      }),
    );
    return all.flat();
  };

  it('is renewed before its end: the same one serves for longer than it was given for', async () => {
    const login = await shortRole({ token_ttl: '2s', token_max_ttl: '1h' });
    const kv = open({ login });
    const startedAt = performance.now();
    const first = await kv.read(newPath()).then(() => accessorsOf(roleOf(login)));
    expect(first).toHaveLength(1);
    await until('twice its time has passed', async () => performance.now() - startedAt > 4_500);
    await kv.read(newPath());
    expect(await accessorsOf(roleOf(login))).toEqual(first);
  });

  it('that can not be renewed is replaced by another login', async () => {
    const login = await shortRole({ token_ttl: '1s', token_max_ttl: '1s' });
    const kv = open({ login });
    const startedAt = performance.now();
    await kv.read(newPath());
    await until('its time has passed', async () => performance.now() - startedAt > 1_500);
    const former = await accessorsOf(roleOf(login));
    const puts = Array.from({ length: 10 }, () => kv.putIfAbsent(newPath(), { value: 'x' }));
    expect(await Promise.all(puts)).toEqual(puts.map(() => true));
    expect((await accessorsOf(roleOf(login))).filter((it) => !former.includes(it))).toHaveLength(1);
  });

  it('that was given is renewed from the start, though nothing is called', async () => {
    const { auth } = (await vault.admin('POST', 'auth/token/create', {
      policies: ['freeflow-worker'],
      period: '2s',
    })) as { auth: { client_token: string } };
    const kv = open({ login: { method: 'token', token: auth.client_token } });
    const startedAt = performance.now();
    kv.keepAlive();
    await until('twice its time has passed', async () => performance.now() - startedAt > 4_500);
    expect(await kv.putIfAbsent(newPath(), { value: 'x' })).toBe(true);
  });

  it('that was revoked is replaced by another login, once for all who need one', async () => {
    const login = await shortRole({ token_ttl: '1h' });
    const kv = open({ login });
    await kv.read(newPath());
    for (const accessor of await accessorsOf(roleOf(login)))
      await vault.admin('POST', 'auth/token/revoke-accessor', { accessor });
    await Promise.all(Array.from({ length: 10 }, () => kv.putIfAbsent(newPath(), { value: 'x' })));
    expect(await accessorsOf(roleOf(login))).toHaveLength(1);
  });

  it('that was given is used as it is, renewed, and once revoked told', async () => {
    const made = (await vault.admin('POST', 'auth/token/create', {
      policies: ['freeflow-worker'],
      period: '2s',
    })) as { auth: { client_token: string; accessor: string } };
    const kv = open({ login: { method: 'token', token: made.auth.client_token } });
    const startedAt = performance.now();
    await kv.read(newPath());
    await until('twice its time has passed', async () => performance.now() - startedAt > 4_500);
    expect(await kv.putIfAbsent(newPath(), { value: 'x' })).toBe(true);
    await vault.admin('POST', 'auth/token/revoke-accessor', { accessor: made.auth.accessor });
    expect(await failureOf(kv.read(newPath()))).toMatchObject({
      code: 'vault-login',
      message: expect.stringContaining('VAULT_TOKEN'),
    });
  });

  it('is given back in the end', async () => {
    const login = await shortRole({ token_ttl: '1h' });
    const kv = open({ login });
    await kv.read(newPath());
    await Promise.all(opened.splice(0).map((it) => it.close()));
    expect(await accessorsOf(roleOf(login))).toEqual([]);
  });

  const roleOf = (login: VaultLogin): string => (login.method === 'approle' ? login.roleId : '');
});

describe('while it is not there', () => {
  it('sealed it says so, and goes on once it is unsealed', async () => {
    const [kv, at] = [open(), newPath()];
    await kv.putIfAbsent(at, { value: 'hunter22' });
    await vault.seal();
    try {
      expect(await failureOf(kv.read(at, 1))).toMatchObject({
        code: 'vault-unavailable',
        message: expect.stringContaining('sealed'),
      });
    } finally {
      await vault.unseal();
    }
    await vault.admin('GET', 'sys/mounts');
  });

  it.each([
    [307, 'standby'],
    [412, 'caught up'],
    [429, 'overloaded'],
    [472, 'standby'],
    [473, 'standby'],
    [500, 'failed'],
    [502, 'proxy'],
  ])('%i means that another node, or a later moment, would do', async (status, words) => {
    const { hostname, port } = new URL(vault.url);
    const proxy = await startProxy(hostname, Number(port));
    try {
      const kv = open({ address: `http://127.0.0.1:${proxy.port}` });
      await kv.read(newPath());
      const reply = Buffer.from(`HTTP/1.1 ${status} It\r\nlocation: http://elsewhere\r\ncontent-length: 0\r\n\r\n`);
      proxy.trouble({ kind: 'answer', by: () => ({ reply }) });
      expect(await failureOf(kv.putIfAbsent(newPath(), { value: 'hunter22' }))).toMatchObject({
        code: 'vault-unavailable',
        message: expect.stringContaining(words),
      });
      proxy.trouble();
      await kv.read(newPath());
    } finally {
      await proxy.close();
    }
  });

  it('silent it is not waited for longer than said, and what it has done all the same is found', async () => {
    const { hostname, port } = new URL(vault.url);
    const proxy = await startProxy(hostname, Number(port));
    try {
      const [kv, at] = [open({ address: `http://127.0.0.1:${proxy.port}` }), newPath()];
      await kv.read(at);
      proxy.trouble({ kind: 'drop-replies', after: 0 });
      expect(await failureOf(kv.putIfAbsent(at, { value: 'hunter22' }))).toMatchObject({ code: 'vault-unavailable' });
      proxy.trouble({ kind: 'black-hole' });
      expect(await failureOf(kv.read(at))).toMatchObject({ message: expect.stringContaining('no answer within') });
      proxy.trouble();
      expect(await kv.putIfAbsent(at, { value: 'other' })).toBe(false);
      expect(await kv.read(at, 1)).toEqual({ value: 'hunter22' });
    } finally {
      await proxy.close();
    }
  });

  it('refusing connections it is away', async () => {
    const address = `http://127.0.0.1:${await freePort()}`;
    expect(await failureOf(open({ address }).read(newPath()))).toMatchObject({ code: 'vault-unavailable' });
  });
});

describe('by TLS', () => {
  it('a certificate of an authority that nobody has named is refused, and taken once it is', async () => {
    expect(await failureOf(open({ address: vault.tlsUrl }).read(newPath()))).toMatchObject({
      code: 'vault-certificate',
    });
    const kv = open({ address: vault.tlsUrl, ca: vault.ca });
    expect(await kv.putIfAbsent(newPath(), { value: 'x' })).toBe(true);
  });
});

// There is no cluster here: the vault's own method asks a double of its TokenReview, which says yes to one token.
describe('by the service account of a pod', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-pod-'));
  const tokenPath = path.join(dir, 'token');
  const account = { namespace: 'freeflow', name: 'worker' };
  let known: string;
  let close: () => Promise<void>;

  beforeAll(async () => {
    known = await accountToken(account);
    const reviewer = createServer((request, response) => {
      let text = '';
      request.on('data', (it: Buffer) => (text += it.toString()));
      request.on('end', () => {
        const { spec } = JSON.parse(text) as { spec: { token: string; audiences: string[] } };
        const username = `system:serviceaccount:${account.namespace}:${account.name}`;
        const status =
          spec.token === known
            ? { authenticated: true, user: { username, uid: 'uid-of-it' }, audiences: spec.audiences }
            : { authenticated: false, error: 'unknown' };
        response.writeHead(201, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }));
      });
    });
    const port = await freePort();
    await new Promise<void>((resolve) => reviewer.listen(port, '127.0.0.1', resolve));
    close = () => new Promise((resolve) => reviewer.close(() => resolve()));
    await vault.admin('POST', 'sys/auth/kubernetes', { type: 'kubernetes' });
    await vault.admin('POST', 'auth/kubernetes/config', {
      kubernetes_host: `http://127.0.0.1:${port}`,
      token_reviewer_jwt: await accountToken({ namespace: 'vault', name: 'reviewer' }),
      disable_local_ca_jwt: true,
      kubernetes_ca_cert: vault.ca,
    });
    await vault.admin('POST', 'auth/kubernetes/role/worker', {
      bound_service_account_names: [account.name],
      bound_service_account_namespaces: [account.namespace],
      token_policies: ['freeflow-worker'],
      audience: 'vault',
    });
  });
  afterAll(async () => {
    await close();
    rmSync(dir, { recursive: true });
  });

  it('lets in who it is, with the token that lies there at each login, and nobody else', async () => {
    const login = { method: 'kubernetes', mount: 'kubernetes', role: 'worker', tokenPath } as const;
    writeFileSync(tokenPath, await accountToken({ ...account, name: 'other' }));
    const kv = open({ login });
    expect(await failureOf(kv.read(newPath()))).toMatchObject({
      message: expect.stringContaining('kubernetes'),
      code: 'vault-login',
    });
    writeFileSync(tokenPath, `${known}\n`);
    expect(await kv.putIfAbsent(newPath(), { value: 'x' })).toBe(true);
  });
});

async function accountToken({ namespace, name }: { namespace: string; name: string }): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  const claims = { 'kubernetes.io': { namespace, serviceaccount: { name, uid: 'uid-of-it' } } };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256' })
    .setSubject(`system:serviceaccount:${namespace}:${name}`)
    .setIssuer('https://kubernetes.default.svc')
    .setAudience(['vault'])
    .setIssuedAt()
    .setNotBefore(new Date(Date.now() - 60_000))
    .setExpirationTime('1h')
    .sign(privateKey);
}
