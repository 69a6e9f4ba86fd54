import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from './errors';
import { httpUrl, port, secret, text } from './kinds';
import { readConfigGroup, variablesSet, type Environment } from './read-config';

const schema = z.object({
  SERVER_URL: httpUrl(),
  SERVER_USER: text('a name'),
  SERVER_PASSWORD: secret(text('a password'), 'a password'),
  SERVER_PORT: port().optional(),
});
const whole = { SERVER_URL: 'http://h', SERVER_USER: 'u', SERVER_PASSWORD: 'p' };

/** The lines of the refusal. */
function refusal(env: Environment): string[] {
  try {
    readConfigGroup(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('nothing was refused');
}

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'freeflow-group-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('is nothing where no variable of it is set, or only to nothing', () => {
  expect(readConfigGroup(schema, {})).toBeUndefined();
  expect(readConfigGroup(schema, { SERVER_URL: '', SERVER_PASSWORD_FILE: '', HOME: '/x' })).toBeUndefined();
});

it('is read whole, without what is optional', () => {
  expect(readConfigGroup(schema, whole)).toEqual(whole);
  expect(readConfigGroup(schema, { ...whole, SERVER_PORT: '80' })).toEqual({ ...whole, SERVER_PORT: 80 });
});

it('names all that is missing as soon as one is set, be it an optional one, and what for', () => {
  expect(refusal({ SERVER_USER: 'u', SERVER_PORT: '80' })).toEqual([
    'SERVER_URL is missing; it is needed together with SERVER_USER, SERVER_PORT',
    'SERVER_PASSWORD is missing; it is needed together with SERVER_USER, SERVER_PORT',
  ]);
});

it('names what is wrong beside what is missing, and what is wrong where nothing is missing, never with a value', () => {
  expect(refusal({ SERVER_URL: 'hunter22', SERVER_PASSWORD: 'p' })).toEqual([
    'SERVER_URL must be http(s)://HOST:PORT/PATH, without user and password',
    'SERVER_USER is missing; it is needed together with SERVER_URL, SERVER_PASSWORD',
  ]);
  expect(refusal({ ...whole, SERVER_PORT: 'hunter22' })).toEqual(['SERVER_PORT must be a port, 1 to 65535']);
});

it('takes a secret from a file, which counts as set', () => {
  const file = path.join(dir, 'password');
  writeFileSync(file, 'p\n');
  const { SERVER_PASSWORD: _password, ...others } = whole;
  expect(readConfigGroup(schema, { ...others, SERVER_PASSWORD_FILE: file })).toEqual(whole);
  expect(refusal({ SERVER_PASSWORD_FILE: '/nonexistent' })).toEqual([
    'SERVER_URL is missing; it is needed together with SERVER_PASSWORD',
    'SERVER_USER is missing; it is needed together with SERVER_PASSWORD',
    "SERVER_PASSWORD_FILE names a file that can't be read: /nonexistent (ENOENT)",
  ]);
  expect(variablesSet(schema, { SERVER_PASSWORD_FILE: file, SERVER_USER_FILE: file })).toEqual(['SERVER_PASSWORD']);
});
