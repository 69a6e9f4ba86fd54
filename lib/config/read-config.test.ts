import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { runToEnd } from '../../test/support/run-to-end';
import { ConfigError } from './errors';
import {
  addresses,
  httpUrl,
  milliseconds,
  oneOf,
  pauses,
  port,
  postgresUrl,
  secret,
  secretKey,
  secretKeys,
  serverUrl,
  someOf,
  text,
  wholeNumber,
} from './kinds';
import { readConfig, type Environment } from './read-config';
import { variablesOf } from './table';

const schema = z.object({
  HOST: text('a host').describe('where it is'),
  PORT: port().default(80).describe('its port'),
  TOKEN: secret(
    text('a token', (it) => it.startsWith('t-')),
    'what it is entered by',
  ),
  SPARE: secret(text('a spare one').optional(), 'another'),
});
const right = { HOST: 'h', TOKEN: 't-1' };

/** The lines of the refusal. */
function refusal(env: Environment): string[] {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('nothing was refused');
}

it('gives what is set, and the defaults of what is not; of others nothing', () => {
  expect(readConfig(schema, { ...right, PORT: '8080', SPARE: 's', HOME: '/x' })).toEqual({
    HOST: 'h',
    PORT: 8080,
    TOKEN: 't-1',
    SPARE: 's',
  });
  expect(readConfig(schema, right)).toEqual({ HOST: 'h', PORT: 80, TOKEN: 't-1' });
});

it('takes an empty variable for one that is not set', () => {
  expect(readConfig(schema, { ...right, PORT: '', SPARE: '', SPARE_FILE: '', TOKEN_FILE: '' })).toEqual({
    HOST: 'h',
    PORT: 80,
    TOKEN: 't-1',
  });
  expect(refusal({ ...right, HOST: '' })).toEqual(['HOST is missing; it must be a host']);
});

it('refuses all that is missing or wrong at once, one line each in the order of the schema, without a value', () => {
  expect(refusal({ PORT: 'hunter22', TOKEN: 'hunter22', SPARE_FILE: '/nonexistent/spare' })).toEqual([
    'HOST is missing; it must be a host',
    'PORT must be a port, 1 to 65535',
    'TOKEN must be a token',
    "SPARE_FILE names a file that can't be read: /nonexistent/spare (ENOENT)",
  ]);
});

describe('a secret from a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'freeflow-config-'));
    mkdirSync(path.join(folder, 'folder'));
    for (const [name, content] of Object.entries({
      token: 't-\nx \n',
      windows: 't-2\r\n',
      bare: 't-3',
      wrong: 'hunter22\n',
      empty: '\n',
    }))
      writeFileSync(path.join(folder, name), content);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const from = (name: string) => ({ HOST: 'h', TOKEN: '', TOKEN_FILE: path.join(folder, name) });

  it.each([
    ['token', 't-\nx '],
    ['windows', 't-2'],
    ['bare', 't-3'],
  ])('%s: all of it but one line end', (name, token) => {
    expect(readConfig(schema, from(name)).TOKEN).toBe(token);
  });

  it('is refused when the variable is set too, when it cannot be read, is empty or wrong; never with what is in it', () => {
    expect(refusal({ ...right, TOKEN_FILE: path.join(folder, 'token') })).toEqual([
      'TOKEN is set twice, by itself and by TOKEN_FILE; unset one of them',
    ]);
    expect(refusal(from('folder'))).toEqual([`TOKEN_FILE names a file that can't be read: ${folder}/folder (EISDIR)`]);
    expect(refusal(from('empty'))).toEqual([`TOKEN_FILE names an empty file: ${folder}/empty`]);
    expect(refusal(from('wrong'))).toEqual(['TOKEN must be a token']);
    // Nor is one that could be done without passed over.
    expect(refusal({ ...right, SPARE_FILE: path.join(folder, 'nothing') })).toEqual([
      `SPARE_FILE names a file that can't be read: ${folder}/nothing (ENOENT)`,
    ]);
  });

  it('is for secrets alone', () => {
    expect(refusal({ TOKEN: 't-1', HOST_FILE: path.join(folder, 'bare') })).toEqual([
      'HOST is missing; it must be a host',
    ]);
  });
});

const SOME_TEXT = { type: 'string', minLength: 1 };

it('tells of each variable what the schema says', () => {
  expect(variablesOf(schema)).toEqual([
    {
      name: 'HOST',
      meaning: 'where it is',
      form: 'a host',
      json: SOME_TEXT,
      standard: undefined,
      isRequired: true,
      isSecret: false,
    },
    {
      name: 'PORT',
      meaning: 'its port',
      form: 'a port, 1 to 65535',
      json: { type: ['integer', 'string'], minimum: 1, maximum: 65_535, pattern: '^[0-9]{1,15}$' },
      standard: '80',
      isRequired: false,
      isSecret: false,
    },
    {
      name: 'TOKEN',
      meaning: 'what it is entered by',
      form: 'a token',
      json: SOME_TEXT,
      standard: undefined,
      isRequired: true,
      isSecret: true,
    },
    {
      name: 'SPARE',
      meaning: 'another',
      form: 'a spare one',
      json: SOME_TEXT,
      standard: undefined,
      isRequired: false,
      isSecret: true,
    },
  ]);
});

const KEY = Buffer.alloc(32, 7).toString('base64');

it.each<[string, z.ZodType, string[], string[]]>([
  ['whole number', wholeNumber(2, 10), ['2', '10'], ['1', '11', '-3', '2.0', '1e0', ' 3', '0x3']],
  ['port to listen on', port(0), ['0', '65535'], ['65536', '-1']],
  ['milliseconds', milliseconds(), ['1', '604800000'], ['0', '10s', '9999999999999999']],
  ['one of', oneOf(['a', 'b']), ['a'], ['A', 'a,b']],
  ['some of', someOf(['a', 'b']), ['a', 'a, b'], ['', 'a,', 'a,c']],
  ['HTTP URL', httpUrl(), ['http://h', 'https://h:1/p'], ['h', 'ftp://h', 'http://u@h', 'http://u:p@h', 'http://:p@h']],
  [
    'PostgreSQL URL',
    postgresUrl(),
    ['postgres://u:p@h/d', 'postgresql://h', 'postgres://u:p@[::1]:5432/d?sslmode=verify-full'],
    ['mysql://h', 'h', 'postgres://u:p@a:1,b:2/d', 'postgres://u:p@a,b/d', 'postgres://u:p@h/d?host=a,b'],
  ],
  ['key', secretKey(), [KEY, ` ${KEY}`], [KEY.slice(1), 'hunter22']],
  ['keys', secretKeys(), [KEY, `${KEY}, ${KEY},`], [`${KEY},x`]],
])('%s', (_kind, kind, fit, unfit) => {
  const isFit = (value: string) => kind.safeParse(value).success;
  expect({ fit: fit.filter(isFit), unfit: unfit.filter(isFit) }).toEqual({ fit, unfit: [] });
  // A JSON Schema is not stricter.
  expect(fit.filter((it) => isTakenAsJson(kind, it))).toEqual(fit);
});

/** Whether a JSON Schema takes a text for a variable of this kind. */
function isTakenAsJson(kind: z.ZodType, value: string): boolean {
  const [{ json } = { json: {} }] = variablesOf(z.object({ IT: kind }));
  const {
    pattern = '',
    enum: words = [value],
    minLength = 0,
  } = json as { pattern?: string; enum?: string[]; minLength?: number };
  return new RegExp(pattern).test(value) && words.includes(value) && value.length >= minLength;
}

it.each<[string, z.ZodType, string[]]>([
  ['whole number', wholeNumber(2, 10), ['-3', '2.0', '1e0', ' 3', '0x3', '']],
  ['one of', oneOf(['a', 'b']), ['A', 'a,b']],
  ['some of', someOf(['a', 'b']), ['', 'a,', 'a,c']],
  ['HTTP URL', httpUrl(), ['h', 'ftp://h', 'http://u@h', 'http://u:p@h', 'http://']],
  ['server', serverUrl(), ['http://h/?a=b', 'http://h/#x', 'http://u@h']],
  ['pauses', pauses(3), ['', '0', '5s', '1,,2']],
  ['addresses', addresses(), ['', 'h', '10.0.0.0/', '10.0.0.0/8;::1']],
])('a JSON Schema refuses the ordinary mistakes: %s', (_kind, kind, unfit) => {
  expect(unfit.filter((it) => isTakenAsJson(kind, it))).toEqual([]);
});

it('db:migrate ends with 1 and says all that is wrong, before it asks any server', async () => {
  expect(
    await runToEnd(['prisma/dist/migrate-main.js'], {
      MASTER_DATABASE_URL: 'hunter22',
      MASTER_API_ROLE_PASSWORD: 'hünter22',
      MASTER_WORKER_ROLE_PASSWORD_FILE: '/nonexistent/password',
    }),
  ).toEqual({
    code: 1,
    stdout: '',
    stderr: [
      'MASTER_DATABASE_URL must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
      'MASTER_API_ROLE_PASSWORD must be printable ASCII characters',
      "MASTER_WORKER_ROLE_PASSWORD_FILE names a file that can't be read: /nonexistent/password (ENOENT)\n",
    ].join('\n'),
  });
});
