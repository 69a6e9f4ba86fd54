import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../failure';
import { selectContext } from './select';
import { changeContexts, contextsFile, putContext, readContexts, withContexts } from './store';

const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-contexts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { FREEFLOW_CONFIG_DIR: path.join(folder, 'kept') };
const context = {
  apiUrl: 'https://freeflow.example.com',
  issuer: 'https://id.example.com',
  clientId: 'freeflow-cli',
  accessToken: 'hunter22',
  expiresAt: '2026-01-01T00:00:00.000Z',
};

test.each([
  ['the folder that is named', { FREEFLOW_CONFIG_DIR: '/there', XDG_CONFIG_HOME: '/xdg' }, '/there/contexts.json'],
  ['the XDG folder', { FREEFLOW_CONFIG_DIR: '', XDG_CONFIG_HOME: '/xdg' }, '/xdg/freeflow/contexts.json'],
])('logins are kept in %s', (_what, given, file) => {
  expect(contextsFile(given)).toBe(file);
});

test('one login is kept beside the others, and the one in use is selected unless another is named', async () => {
  expect([readContexts(env).contexts, selectContext(env)]).toEqual([{}, undefined]);
  // At once, as by several commands.
  await Promise.all([
    changeContexts(env, putContext('staging', context)),
    changeContexts(env, putContext('production', context)),
    changeContexts(env, (before) => ({ ...before, current: 'staging' })),
  ]);
  expect(Object.keys(readContexts(env).contexts).sort()).toEqual(['production', 'staging']);
  expect(selectContext(env)?.name).toBe('staging');
  expect(selectContext({ ...env, FREEFLOW_CONTEXT: 'production' })?.name).toBe('production');
});

test('a change waits for what another command has begun, which so loses nothing of it, nor takes anything back', async () => {
  const both = { FREEFLOW_CONFIG_DIR: path.join(folder, 'both') };
  const isSecondDone = { now: false };
  const first = withContexts(both, async (keep) => {
    const before = readContexts(both);
    // As long as a renewal may last.
    await delay(200);
    expect(isSecondDone.now).toBe(false);
    keep(() => putContext('staging', context)(before));
  });
  const second = changeContexts(both, putContext('production', context)).then(() => (isSecondDone.now = true));
  await Promise.all([first, second]);
  expect(Object.keys(readContexts(both).contexts)).toEqual(['staging', 'production']);
});

test('a file that is damaged is named, and never quoted', () => {
  const damaged = { FREEFLOW_CONFIG_DIR: folder };
  writeFileSync(contextsFile(damaged), '{"accessToken": "hunter22"');
  const failure = (() => {
    try {
      readContexts(damaged);
    } catch (error) {
      return error;
    }
    return undefined;
  })();
  expect(failure).toBeInstanceOf(Failure);
  const { message, advice } = failure as Failure;
  expect(`${message} ${advice}`).toContain(contextsFile(damaged));
  expect(`${message} ${advice}`).not.toContain('hunter22');
});
