import { attemptMsOf } from '@freeflow/contract';
import type { z } from 'zod';
import { settleMs } from './backend';
import { VARIABLES as KEYCLOAK } from './keycloak/variables';
import { mongoAddress, mongoUrl } from './mongodb/variables';
import { LONGEST_FILE_MS, postgresAddress, VARIABLES as POSTGRES } from './postgres/variables';

it.each<[string, z.ZodType, string[], string[]]>([
  [
    'MongoDB URL',
    mongoUrl(),
    [
      'mongodb://u:p@h/?authSource=admin',
      'mongodb+srv://h',
      'mongodb://u:p%40@a:1,b:2/?replicaSet=rs0',
      'mongodb://[::1]:27017',
    ],
    ['mongo://h', 'mongodb://', 'mongodb+srv://a:1', 'mongodb://u:p/@h'],
  ],
  [
    "PostgreSQL's address",
    postgresAddress(),
    ['postgresql://h', 'postgres://h:1/?sslmode=verify-full'],
    [
      'postgres://u@h',
      'postgres://u:p@h',
      'postgres://h/d',
      'postgres://h?user=u',
      'postgres://h?sslpassword=p',
      'postgres://a:1,b:2/',
    ],
  ],
  [
    "MongoDB's address",
    mongoAddress(),
    ['mongodb://h', 'mongodb://a:1,b:2/?replicaSet=rs0&tls=true', 'mongodb+srv://h/'],
    [
      'mongodb://u@h',
      'mongodb://u:p@h',
      'mongodb://h/d',
      'mongodb://h/?authsource=admin',
      'mongodb://h/?proxyPassword=p',
      'http://h',
    ],
  ],
])('%s', (_kind, kind, fit, unfit) => {
  const isFit = (value: string) => kind.safeParse(value).success;
  expect({ fit: fit.filter(isFit), unfit: unfit.filter(isFit) }).toEqual({ fit, unfit: [] });
});

test('a statement of a blueprint takes no longer than a file may, and a file no longer than an attempt', () => {
  const { POSTGRES_BLUEPRINT_TIMEOUT_MS: variable } = POSTGRES;
  expect(LONGEST_FILE_MS).toBe(120_000);
  expect(LONGEST_FILE_MS).toBeLessThan(attemptMsOf('postgres'));
  expect([LONGEST_FILE_MS, LONGEST_FILE_MS + 1].map((it) => variable.safeParse(String(it)).success)).toEqual([
    true,
    false,
  ]);
});

test('within one attempt at Keycloak there is time to wait for an unanswered call, however long a call may take', () => {
  const { KEYCLOAK_CALL_TIMEOUT_MS: variable } = KEYCLOAK;
  const longestMs = 120_000;
  expect(['5000', String(longestMs)].map((it) => variable.safeParse(it).success)).toEqual([true, true]);
  expect(['0', '4999', String(longestMs + 1), '60s'].map((it) => variable.safeParse(it).success)).not.toContain(true);
  const attemptMs = attemptMsOf('keycloak');
  expect(settleMs({ callTimeoutMs: longestMs }) + longestMs).toBeLessThan(attemptMs - 60_000);
});
