import { secret, text } from '@freeflow/lib/config';
import { z } from 'zod';
import { startVault, type OwnVault } from '../../test/support/own-vault';
import { followReferences } from './references';

const schema = z.object({ A_URL: secret(text('TEXT'), 'a'), A_KEY: secret(text('TEXT'), 'b'), A_NAME: text('TEXT') });
let vault: OwnVault;
let login: Record<string, string>;

beforeAll(async () => {
  vault = await startVault();
  login = { VAULT_ADDR: vault.url, VAULT_TOKEN: vault.rootToken };
  for (const url of ['postgres://of:old@a', 'postgres://of:now@a'])
    await vault.admin('POST', 'secret/data/logins/a', { data: { A_URL: url, A_KEY: 'k' } });
});
afterAll(() => vault.stop());

const A_URL = 'vault://secret/logins/a#A_URL';

test('what carries a credential may be in the vault: the newest version counts, the rest is as it was', async () => {
  const A_NAME = 'vault://secret/logins/a#A_KEY';
  expect(await followReferences(schema, { ...login, A_URL, A_KEY: 'plain', A_NAME, OTHER: A_URL })).toEqual({
    ...login,
    A_URL: 'postgres://of:now@a',
    A_KEY: 'plain',
    A_NAME,
    OTHER: A_URL,
  });
});

test('where nothing is in a vault, none is needed', async () => {
  expect(await followReferences(schema, { A_URL: 'x' })).toEqual({ A_URL: 'x' });
});

test.each([
  ['a vault that is not named', { VAULT_ADDR: '' }, {}, 'VAULT_ADDR'],
  ['a field that is not there', {}, { A_URL: 'vault://secret/logins/a#B' }, 'there is no field B at secret/logins/a'],
  ['a path that is not there', {}, { A_KEY: 'vault://secret/logins/b#B' }, 'A_KEY: there is no field'],
  ['another mount', {}, { A_KEY: 'vault://kv/logins/a#A_KEY' }, 'A_KEY: kv/logins/a is not in the mount secret'],
])('%s is told', async (_what, wrong, more, words) => {
  await expect(followReferences(schema, { A_URL, ...more, ...login, ...wrong })).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringContaining(words),
  });
});

test('a vault that is away is no wrong setting', async () => {
  await expect(followReferences(schema, { A_URL, ...login, VAULT_ADDR: 'http://127.0.0.1:9' })).rejects.toMatchObject({
    code: 'vault-unavailable',
  });
});
