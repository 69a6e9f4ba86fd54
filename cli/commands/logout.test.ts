import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { openFakeLogins, type FakeLogins } from '../../test/support/fake-logins';
import { changeContexts, putContext, readContexts } from '../contexts/store';
import { addLogout } from './logout';

let folder: string;
let env: { FREEFLOW_CONFIG_DIR: string };
let issuer: FakeLogins;
let said: string[];
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-logout-'));
  env = { FREEFLOW_CONFIG_DIR: folder };
  issuer = await openFakeLogins();
  said = [];
  jest.spyOn(console, 'log').mockImplementation((text: string) => void said.push(text));
  jest.spyOn(console, 'error').mockImplementation((text: string) => void said.push(text));
  const context = {
    apiUrl: 'https://freeflow.example.com',
    issuer: issuer.url,
    clientId: 'freeflow-cli',
    accessToken: 'access',
    expiresAt: '2020-01-01T00:00:00.000Z',
    refreshToken: 'refresh-0',
  };
  await changeContexts(env, (before) => ({ ...putContext('here', context)(before), current: 'here' }));
});
afterEach(async () => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
  await issuer.close();
});

async function logOut(...args: string[]): Promise<void> {
  const program = new Command().exitOverride();
  addLogout(program, { env, end: () => undefined });
  await program.parseAsync(['logout', ...args], { from: 'user' });
}
const contextsKept = () => Object.keys(readContexts(env).contexts);

test('it is ended at the issuer, and forgotten', async () => {
  await logOut();
  expect([issuer.revoked, contextsKept(), said]).toEqual([['refresh-0'], [], [expect.stringMatching(/^Logged out/)]]);
});

test.each<[string, number, () => unknown]>([
  ['does not answer', 4, () => issuer.close()],
  ['fails', 4, () => (issuer.answer = { status: 500, body: '{}' })],
  ['has no way to do so', 1, () => (issuer.document = { ...issuer.document, revocation_endpoint: undefined })],
])('where the issuer %s it is kept, unless it is to be forgotten all the same', async (_what, exitCode, spoil) => {
  await spoil();
  const { host } = new URL(issuer.url);
  await expect(logOut()).rejects.toMatchObject({
    exitCode,
    message: expect.stringMatching(/could not be told .*Context here is kept\.$/),
    advice: expect.stringMatching(new RegExp(`freeflow logout here --force.* your account page at ${host}`)),
  });
  expect([contextsKept(), said]).toEqual([['here'], []]);
  await logOut('here', '--force');
  expect(contextsKept()).toEqual([]);
  // Not that it ends by itself: where it outlasts the session of the browser it does not for weeks.
  expect(said[1]).toMatch(/could not be told .*End the session of freeflow-cli on your account page/);
});
