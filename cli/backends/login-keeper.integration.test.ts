import { followReferences, VaultKv } from '@freeflow/lib/vault';
import { z } from 'zod';
import { SetUpError, type SetUpProblem } from '../../backends/provisioner/errors';
import { PROVISIONER } from '../../backends/provisioner/names';
import { BACKEND_VARIABLES } from '../../backends/registry';
import { withPostgres } from '../../test/support/outside';
import { startVault, type OwnVault } from '../../test/support/own-vault';
import { openProvisionerBench, type ProvisionerBench } from '../../test/support/provisioner-bench';
import { LoginKeeper } from './login-keeper';

let bench: ProvisionerBench;
let vault: OwnVault;
let env: Record<string, string>;

beforeAll(async () => {
  [bench, vault] = await Promise.all([openProvisionerBench(), startVault()]);
  place = `freeflow-logins/${bench.name}`;
  REFERENCE = `POSTGRES_ADMIN_URL='vault://secret/${place}/postgres#POSTGRES_ADMIN_URL'`;
  env = { ...bench.owners.postgres, VAULT_ADDR: vault.url, VAULT_TOKEN: vault.rootToken };
});
afterAll(() => Promise.all([bench.drop(), vault.stop()]));

const PLACE = ['--vault', 'freeflow-logins', '--print-env'];
let place: string;
let REFERENCE: string;

/** The URL that a worker with the printed variables starts with. */
const urlOfWorker = async (): Promise<string> => {
  const [, value = ''] = /='(.*)'/.exec(REFERENCE) ?? [];
  const read = await followReferences(z.object(BACKEND_VARIABLES), { ...env, POSTGRES_ADMIN_URL: value });
  return read['POSTGRES_ADMIN_URL'] ?? '';
};
const letsIn = (url: string): Promise<boolean> =>
  withPostgres(url, (client) => client.query('SELECT 1')).then(
    () => true,
    () => false,
  );

test('a new login goes into the vault, its reference is printed, and it works; again, it is the same', async () => {
  const first = await bench.setUp(env, ...PLACE);
  expect(first).toMatchObject({ code: 0, stdout: `${REFERENCE}\n` });
  const url = await urlOfWorker();
  expect(await letsIn(url)).toBe(true);
  expect(first.stdout + first.stderr).not.toContain(new URL(url).password);
  expect(await bench.setUp(env, ...PLACE)).toMatchObject({ code: 0, stdout: `${REFERENCE}\n` });
  expect(await urlOfWorker()).toBe(url);
});

test('rotated, the former password is refused and the new one works; a worker finds it at its next start', async () => {
  const former = await urlOfWorker();
  expect(await bench.setUp(env, '--rotate', ...PLACE)).toMatchObject({ code: 0, stdout: `${REFERENCE}\n` });
  const url = await urlOfWorker();
  expect(url).not.toBe(former);
  expect([await letsIn(former), await letsIn(url)]).toEqual([false, true]);
});

test('where the server refuses, the vault has what the server still takes', async () => {
  const before = await urlOfWorker();
  const wrong = new URL(bench.info.postgres.url);
  wrong.password = 'hunter22';
  expect(await bench.setUp({ ...env, POSTGRES_OWNER_URL: wrong.href }, '--rotate', ...PLACE)).toMatchObject({
    code: 1,
  });
  expect(await urlOfWorker()).toBe(before);
  expect(await letsIn(before)).toBe(true);
});

test('what died between vault and server is mended by the next run', async () => {
  const url = new URL(await urlOfWorker());
  url.password = 'known-to-the-vault-alone';
  const data = { POSTGRES_ADMIN_URL: url.href, password: url.password };
  await vault.admin('POST', `secret/data/${place}/postgres`, { data });
  expect(await letsIn(url.href)).toBe(false);
  expect(await bench.setUp(env, ...PLACE)).toMatchObject({ code: 0 });
  expect(await letsIn(url.href)).toBe(true);
});

test('without a vault it is rotated and printed', async () => {
  const { stdout } = await bench.setUp(bench.owners.postgres, '--rotate', '--print-env');
  const [, url = ''] = /POSTGRES_ADMIN_URL='(.*)'/.exec(stdout) ?? [];
  expect([await letsIn(url), await letsIn(await urlOfWorker())]).toEqual([true, false]);
  expect(await bench.setUp(bench.owners.postgres, '--vault', 'x')).toMatchObject({ code: 2 });
});

test('rotated with nobody to tell it is refused, and nothing is changed', async () => {
  const before = await urlOfWorker();
  expect(await bench.setUp(env, ...PLACE)).toMatchObject({ code: 0 });
  expect(await bench.setUp(bench.owners.postgres, '--rotate')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('PROVISIONER_POSTGRES_PASSWORD'),
  });
  expect(await letsIn(before)).toBe(true);
});

test('a vault that is away is the failure of each backend, and told of each', async () => {
  const { code, stdout, stderr } = await bench.setUp({ ...env, VAULT_ADDR: 'http://127.0.0.1:9' }, ...PLACE);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^PostgreSQL at .*\n {2}failed: vault: /m);
});

describe('a login', () => {
  let places = 0;
  const open = () => {
    const kv = new VaultKv({ ...vault.settingsOf(vault.worker), login: { method: 'token', token: vault.rootToken } });
    const path = `logins/${(places += 1)}`;
    return { kv, path, keeper: new LoginKeeper(kv, path, PROVISIONER) };
  };
  const login = (password: string) => ({ env: { POSTGRES_ADMIN_URL: `postgres://of:${password}@a` }, password });
  const done = (password?: string) => async () => ({ did: [], warnings: [], password });
  const failing = (problem: SetUpProblem) => () => Promise.reject(new SetUpError(problem, 'the server says no'));

  test.each([
    ['credentials', 'former'],
    ['too-old', 'former'],
    ['unreachable', 'new'],
    ['forbidden', 'new'],
  ] as const)('that fails by %s is the %s one in the vault', async (problem, which) => {
    const { kv, keeper } = open();
    await keeper.keepBefore('postgres', login('former'), done('former'));
    await expect(keeper.keepBefore('postgres', login('new'), failing(problem))).rejects.toMatchObject({ problem });
    expect(await keeper.passwordOf('postgres')).toBe(which);
    await kv.close();
  });

  test("whose former one can't be put back fails by what the server has said", async () => {
    const { kv, keeper } = open();
    await keeper.keepBefore('postgres', login('former'), done('former'));
    const sealing = async () => {
      await vault.seal();
      return failing('credentials')();
    };
    await expect(keeper.keepBefore('postgres', login('new'), sealing)).rejects.toThrow('the server says no');
    await vault.unseal();
    await kv.close();
  });

  test('that is new is in the vault before the server has it; one that has kept its own is not', async () => {
    const { kv, path, keeper } = open();
    await expect(keeper.keepNew('postgres', login('new'), failing('unreachable'))).rejects.toThrow('says no');
    expect(await keeper.passwordOf('postgres')).toBe('new');
    await keeper.keepNew('postgres', login('new'), done());
    await expect(keeper.keepNew('mongodb', login('new'), failing('credentials'))).rejects.toThrow('says no');
    await keeper.keepNew('keycloak', login('new'), done());
    expect(await Promise.all([keeper.passwordOf('mongodb'), keeper.passwordOf('keycloak')])).toEqual([
      undefined,
      undefined,
    ]);
    await keeper.keepNew('qdrant', login('new'), done('new'));
    expect(await kv.read(`${path}/qdrant`)).toEqual({ ...login('new').env, password: 'new' });
    await kv.close();
  });

  test('of a second provisioner has its own place', async () => {
    const { kv, path, keeper } = open();
    await keeper.keepBefore('postgres', login('first'), done('first'));
    const second = new LoginKeeper(kv, path, 'staging_provisioner');
    expect(await second.passwordOf('postgres')).toBeUndefined();
    await second.keepNew('postgres', login('second'), done('second'));
    expect(await keeper.passwordOf('postgres')).toBe('first');
    await kv.close();
  });
});
