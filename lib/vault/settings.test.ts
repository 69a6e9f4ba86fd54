import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readConfig, VAULT_VARIABLES } from '@freeflow/lib/config';
import { z } from 'zod';
import { readerPolicy, workerPolicy } from './policies';
import { vaultProblems, vaultSettingsOf } from './settings';

const read = (env: Record<string, string>) => readConfig(z.object(VAULT_VARIABLES), env);
const VAULT_ADDR = 'https://vault.example/';

test.each([
  ['none', {}, []],
  ['wanted, and not named', { SECRETS_STORE: 'vault' }, ['VAULT_ADDR']],
  ['without a login', { VAULT_ADDR }, ['VAULT_ADDR']],
  ['with two', { VAULT_ADDR, VAULT_TOKEN: 't', VAULT_ROLE_ID: 'r', VAULT_SECRET_ID: 's' }, ['VAULT_ADDR']],
  ['with half of one', { VAULT_ADDR, VAULT_ROLE_ID: 'r' }, ['VAULT_SECRET_ID']],
  ['with one', { VAULT_ADDR, VAULT_KUBERNETES_ROLE: 'r' }, []],
])('a vault that is %s', (_how, env: Record<string, string>, expected) => {
  const values = { ...read(env), ...('SECRETS_STORE' in env ? { SECRETS_STORE: env['SECRETS_STORE'] } : {}) };
  expect(vaultProblems(values).map(([variable]) => variable)).toEqual(expected);
});

test.each([
  [{ VAULT_TOKEN: 't' }, { method: 'token', token: 't' }],
  [
    { VAULT_ROLE_ID: 'r', VAULT_SECRET_ID: 's' },
    { method: 'approle', mount: 'approle', roleId: 'r', secretId: 's' },
  ],
  [
    { VAULT_KUBERNETES_ROLE: 'r', VAULT_AUTH_MOUNT: 'east/k8s' },
    {
      method: 'kubernetes',
      mount: 'east/k8s',
      role: 'r',
      tokenPath: '/var/run/secrets/kubernetes.io/serviceaccount/token',
    },
  ],
])('the login is by what is set: %j', (env, login) => {
  expect(vaultSettingsOf(read({ VAULT_ADDR, ...env }))).toMatchObject({
    address: 'https://vault.example',
    mount: 'secret',
    path: 'freeflow',
    login,
  });
});

test('docs/secrets.md shows the policies that the stack uses', () => {
  const page = readFileSync(path.join(__dirname, '../../docs/secrets.md'), 'utf8');
  const shown = [...page.matchAll(/```hcl\n([^]*?)```/g)].map(([, text]) => text);
  const place = { mount: 'secret', path: 'freeflow' };
  expect(shown).toEqual([workerPolicy(place), readerPolicy(place)]);
});
