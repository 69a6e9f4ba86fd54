import { followReferences } from '@freeflow/lib/vault';
import { z } from 'zod';
import { BACKEND_VARIABLES } from '../../backends/registry';
import { withPostgres } from '../../test/support/outside';
import { startVault, type OwnVault } from '../../test/support/own-vault';
import { openProvisionerBench, type ProvisionerBench } from '../../test/support/provisioner-bench';

let bench: ProvisionerBench;
let vault: OwnVault;
let env: Record<string, string>;

beforeAll(async () => {
  [bench, vault] = await Promise.all([openProvisionerBench(), startVault()]);
  env = { ...bench.owners.postgres, VAULT_ADDR: vault.url, VAULT_TOKEN: vault.rootToken };
});
afterAll(() => Promise.all([bench.drop(), vault.stop()]));

const PLACE = ['--vault', 'freeflow-logins', '--print-env'];
const REFERENCE = "POSTGRES_ADMIN_URL='vault://secret/freeflow-logins/postgres#POSTGRES_ADMIN_URL'";

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
  await vault.admin('POST', 'secret/data/freeflow-logins/postgres', { data });
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
