import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFakeLogins, type FakeLogins } from '../../test/support/fake-logins';
import { openSession } from '../client/session';
import { selectContext } from './select';
import { changeContexts, putContext, readContexts, type Context } from './store';
import { tokensOf } from './token';

let folder: string;
let env: { FREEFLOW_CONFIG_DIR: string };
let issuer: FakeLogins;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-tokens-'));
  env = { FREEFLOW_CONFIG_DIR: folder };
  issuer = await openFakeLogins();
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await issuer.close();
});

const EXPIRED = '2020-01-01T00:00:00.000Z';
const contextAt = ({ url, refreshToken }: FakeLogins): Context => ({
  apiUrl: 'https://freeflow.example.com',
  issuer: url,
  clientId: 'freeflow-cli',
  accessToken: 'expired',
  expiresAt: EXPIRED,
  refreshToken,
});
const logIn = (name: string, at: FakeLogins, more: Partial<Context> = {}) =>
  changeContexts(env, (before) => ({ ...putContext(name, { ...contextAt(at), ...more })(before), current: name }));
/** As a command has them that begins now. */
const tokensFor = (name: string) => {
  const selected = selectContext({ ...env, FREEFLOW_CONTEXT: name });
  if (selected === undefined) throw new Error(`not logged in: ${name}`);
  return tokensOf(env, selected);
};
const renewals = () => issuer.asked.filter(({ path: it }) => it === '/token').length;

test('commands that renew a login at once send its refresh token once: it lasts, and all have the same token', async () => {
  await logIn('here', issuer);
  const commands = Array.from({ length: 4 }, () => tokensFor('here'));
  expect(new Set(await Promise.all(commands.map((token) => token())))).toEqual(new Set(['access-1']));
  expect(renewals()).toBe(1);
  // Also where it was refused, to each of them.
  expect(new Set(await Promise.all(commands.map((token) => token(true))))).toEqual(new Set(['access-2']));
  expect(renewals()).toBe(2);
  expect(readContexts(env).contexts['here']).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-2' });
});

test('a login that another command has ended is neither renewed nor kept again', async () => {
  await logIn('here', issuer);
  const token = tokensFor('here');
  await changeContexts(env, (before) => ({ ...before, contexts: {} }));
  await expect(token()).rejects.toMatchObject({ message: expect.stringMatching(/is over\.$/) });
  expect([renewals(), readContexts(env).contexts]).toEqual([0, {}]);
});

test('what may be cut short uses a token while it is good, and renews none', async () => {
  await logIn('here', issuer, { accessToken: 'good', expiresAt: new Date(Date.now() + 300_000).toISOString() });
  const session = openSession(env, { canRenew: false });
  expect([await session.token(), session.isRenewable]).toEqual(['good', false]);
  await logIn('here', issuer);
  await expect(openSession(env, { canRenew: false }).token()).rejects.toMatchObject({ exitCode: 1 });
  expect(renewals()).toBe(0);
  expect(await openSession(env).token()).toBe('access-1');
});

test('a login by plain HTTP is renewed only where it was begun so by choice', async () => {
  issuer.document = { ...issuer.document, token_endpoint: `${issuer.url.replace('127.0.0.1', '0.0.0.0')}/token` };
  await logIn('here', issuer);
  await expect(tokensFor('here')()).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringMatching(/its token_endpoint is plain HTTP .*Nothing was sent there/),
    advice: expect.stringContaining('--insecure'),
  });
  expect(renewals()).toBe(0);
  await logIn('here', issuer, { insecure: true });
  expect(await tokensFor('here')()).toBe('access-1');
});
