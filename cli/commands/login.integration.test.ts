import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { readStackInfo } from '../../stack/stack-info';
import { answerDevice } from '../../test/support/device-browser';
import { envOf, freeflow, type Ended } from '../../test/support/freeflow';
import { openTestInstallation, type TestInstallation } from '../../test/support/installation';
import { TEST_STACK } from '../../test/support/master';
import { asKeycloakAdmin } from '../../test/support/outside';
import { selectContext } from '../contexts/select';
import { changeContexts, contextsFile, putContext, readContexts, type Context } from '../contexts/store';
import { tokensOf } from '../contexts/token';

const info = readStackInfo(TEST_STACK);
const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-login-'));
let installation: TestInstallation;
let env: Record<string, string>;
beforeAll(async () => {
  installation = await openTestInstallation({ worker: false });
  env = { FREEFLOW_CONFIG_DIR: path.join(folder, 'config'), FREEFLOW_STACK_DIR: '' };
});
afterAll(async () => {
  await installation.close();
  rmSync(folder, { recursive: true });
});

/** Runs `freeflow login`; a person answers at the address that it shows. */
async function logIn(args: string[], { isGranted = true, person = info.auth.person } = {}): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, ['dist/cli/main.js', 'login', '--api', installation.apiUrl, ...args], {
    cwd: projectRoot(),
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (it) => (output.stdout += String(it)));
  const answered = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (it) => {
      output.stderr += String(it);
      const [address] = /https?:\S+user_code=\S+/.exec(output.stderr) ?? [];
      if (address !== undefined)
        answerDevice(address, person, isGranted).then(resolve, (error: unknown) => {
          child.kill();
          reject(error);
        });
    });
    child.on('close', () => resolve());
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  await answered;
  return { code, ...output };
}

const keptHere = () => readContexts(env).contexts['here'];
const keep = (context: Context) => changeContexts(env, putContext('here', context));
const tokensKept = () => {
  const { accessToken = '', refreshToken = '' } = keptHere() ?? {};
  return [accessToken, refreshToken];
};

test('a person who declines in the browser is not logged in', async () => {
  expect(await logIn(['--context', 'here'], { isGranted: false })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('The login was declined in the browser.'),
  });
  expect(keptHere()).toBeUndefined();
});

test('a person who confirms is logged in, by tokens that nobody else can read, and that are not shown', async () => {
  const ended = await logIn(['--context', 'here']);
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Logged in at .* as admin\. Context here/) });
  const file = contextsFile(env);
  expect([statSync(file).mode & 0o777, statSync(path.dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
  for (const token of tokensKept()) {
    expect(token).not.toBe('');
    expect(ended.stdout + ended.stderr).not.toContain(token);
  }
});

test('commands go to the context in use, as that person, and say so', async () => {
  expect(await freeflow(['tenants', 'list'], env)).toMatchObject({ code: 0, stdout: 'No tenant matches.\n' });
  const who = await freeflow(['whoami', '--json'], env);
  expect(JSON.parse(who.stdout)).toMatchObject({
    apiUrl: installation.apiUrl,
    source: 'context here',
    user: 'admin',
    issuer: info.auth.issuer,
  });
  expect((await freeflow(['contexts'], env)).stdout).toMatch(/^\s+CONTEXT .*\n\* here\s+admin\s+http/);
});

test('a stack that is named comes before the context in use, and a context that is named before the stack', async () => {
  const named = { ...env, FREEFLOW_STACK_DIR: TEST_STACK };
  const sourceBy = async (by: Record<string, string>) =>
    (JSON.parse((await freeflow(['whoami', '--json'], by)).stdout) as { source: string }).source;
  expect(await sourceBy(named)).toBe('the local stack');
  expect(await sourceBy({ ...named, FREEFLOW_CONTEXT: 'here' })).toBe('context here');
});

test('a token that has expired is renewed and kept, and another command goes on with it', async () => {
  const before = keptHere();
  if (before === undefined) throw new Error('not logged in');
  await keep({ ...before, expiresAt: '2020-01-01T00:00:00.000Z' });
  expect(await freeflow(['tenants', 'list'], env)).toMatchObject({ code: 0 });
  const renewed = tokensKept()[0];
  expect(renewed).not.toBe(before.accessToken);
  expect(await freeflow(['tenants', 'list'], env)).toMatchObject({ code: 0 });
  expect(tokensKept()[0]).toBe(renewed);
});

test('Tab renews no login, which it might cut short', async () => {
  const before = keptHere();
  if (before === undefined) throw new Error('not logged in');
  const completed = async () => (await freeflow(['complete', '--', 'tenants', 'show', ''], env)).stdout;
  const { body } = await installation.request('POST', '/tenants', { name: 'completed' });
  expect(body).toMatchObject({ name: 'completed' });
  expect(await completed()).toMatch(/^completed\t/m);
  const expired = { ...before, expiresAt: '2020-01-01T00:00:00.000Z' };
  await keep(expired);
  expect(await completed()).toBe(':4\n');
  expect(keptHere()).toEqual(expired);
  await keep(before);
});

test('a token that is refused is renewed each time, not only the first', async () => {
  const selected = selectContext({ ...env, FREEFLOW_CONTEXT: 'here' });
  if (selected === undefined) throw new Error('not logged in');
  const next = tokensOf(env, selected);
  const tokens = [await next(), await next(), await next(true), await next(true)];
  expect(tokens[1]).toBe(tokens[0]);
  expect(new Set(tokens).size).toBe(3);
  expect(tokensKept()[0]).toBe(tokens[3]);
});

test('a token for other programs is that of the context in use', async () => {
  expect((await freeflow(['token'], env)).stdout).toBe(`${tokensKept()[0]}\n`);
});

test('secrets of a stack that runs here are not shown while a context of another installation is in use', async () => {
  const elsewhere = { ...env, FREEFLOW_CONFIG_DIR: path.join(folder, 'elsewhere') };
  const before = keptHere();
  if (before === undefined) throw new Error('not logged in');
  await changeContexts(elsewhere, (it) => ({
    ...putContext('production', { ...before, apiUrl: 'https://freeflow.example.com' })(it),
    current: 'production',
  }));
  expect(await freeflow(['tenants', 'connect', 'acme'], elsewhere)).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^Context production is in use, which says nothing of MASTER_DATABASE_URL, .*\n.*example/,
    ),
  });
});

test('an API that speaks for another address is not believed who issues its tokens', async () => {
  const body = { resource: 'https://freeflow.example.com', authorization_servers: [info.auth.issuer] };
  const impostor = createServer((_request, response) => void response.end(JSON.stringify(body)));
  await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
  const { port } = impostor.address() as AddressInfo;
  try {
    expect(await freeflow(['login', '--api', `http://127.0.0.1:${port}`], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('those of another address'),
    });
  } finally {
    impostor.close();
  }
});

test('logout ends the login at the issuer too: its refresh token is worth nothing any more', async () => {
  const before = keptHere();
  if (before === undefined) throw new Error('not logged in');
  expect(await freeflow(['logout'], env)).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(contextsFile(env), 'utf8')).not.toContain(before.accessToken);
  await keep({ ...before, expiresAt: '2020-01-01T00:00:00.000Z' });
  expect(await freeflow(['tenants', 'list'], { ...env, FREEFLOW_CONTEXT: 'here' })).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^The login of context here at .* is over\.\nLog in again: /),
  });
});

test('Tab completes commands, choices, and the names of tenants; where nothing answers, without these', async () => {
  await installation.request('POST', '/tenants', { name: 'completable' });
  const there = envOf(installation);
  const completed = async (words: string[], at = there) => (await freeflow(['complete', '--', ...words], at)).stdout;
  expect(await completed(['tenants', 'sus'])).toMatch(/^suspend\t/);
  expect(await completed(['tenants', 'list', '--status', ''])).toMatch(/^active\t?$/m);
  expect(await completed(['tenants', 'show', ''])).toMatch(/^completable\tprovisioning$/m);
  expect(await completed(['tenants', 'show', ''], { ...there, FREEFLOW_API_URL: 'http://127.0.0.1:9' })).toBe(':4\n');
});

describe('says what is wrong and what to do', () => {
  test.each([
    [
      'a context that is not there',
      ['tenants', 'list'],
      { FREEFLOW_CONTEXT: 'nowhere' },
      2,
      /^There is no context nowhere/,
    ],
    [
      'an API that is not there',
      ['login', '--api', 'http://127.0.0.1:9'],
      {},
      4,
      /^http:\/\/127\.0\.0\.1:9 does not answer/,
    ],
    ['an address that is none', ['login', '--api', 'foo'], {}, 2, /^--api foo is not http/],
    [
      'an issuer that is none',
      ['login', '--api', 'http://127.0.0.1:9', '--issuer', 'foo'],
      {},
      2,
      /^--issuer foo is not http/,
    ],
    ['plain HTTP', ['login', '--api', 'http://10.255.255.1'], {}, 2, /^http:\/\/10\.255\.255\.1 is plain HTTP/],
    ['nobody who is logged in', ['logout'], { FREEFLOW_CONFIG_DIR: '/nonexistent' }, 2, /^You are not logged in\./],
  ])('%s', async (_what, args, more, code, said) => {
    expect(await freeflow(args, { ...env, ...more })).toEqual({
      code,
      stdout: '',
      stderr: expect.stringMatching(said),
    });
  });

  test('a client that the issuer does not know', async () => {
    expect(await logIn(['--client-id', 'nobody'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Check --issuer and --client-id/),
    });
  });

  test('a person without the permission is told which one it is', async () => {
    const person = { username: 'newcomer', password: 'hunter22' };
    const profile = { firstName: 'New', lastName: 'Comer', email: 'new@freeflow.invalid', emailVerified: true };
    const credentials = [{ type: 'password', value: person.password, temporary: false }];
    const users = '/admin/realms/freeflow-system/users';
    await asKeycloakAdmin(info, 'POST', users, { username: person.username, enabled: true, ...profile, credentials });
    try {
      const ended = await logIn(['--context', 'other'], { person });
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('does not contain system:*') });
      expect(readContexts(env).contexts['other']).toBeUndefined();
    } finally {
      const { body } = await asKeycloakAdmin(info, 'GET', `${users}?username=${person.username}&exact=true`);
      for (const { id } of body as { id: string }[]) await asKeycloakAdmin(info, 'DELETE', `${users}/${id}`);
    }
  });
});
