import { randomBytes } from 'node:crypto';
import { WORKER_QUEUES } from '@freeflow/contract';
import { runToEnd } from '../test/support/run-to-end';
import { readWorkerConfig } from './config';
import { polledQueues } from './queues';

const required = {
  MASTER_DATABASE_URL: 'postgresql://u:hunter22@h/master',
  SECRETS_KEY: randomBytes(32).toString('base64'),
  POSTGRES_ADMIN_URL: 'postgresql://u:hunter22@h/',
  MONGODB_ADMIN_URL: 'mongodb://u:hunter22@h/?authSource=admin',
  QDRANT_URL: 'http://h:6333',
  QDRANT_API_KEY: 'hunter22'.repeat(4),
  KEYCLOAK_URL: 'http://h:8080',
  KEYCLOAK_CLIENT_ID: 'c',
  KEYCLOAK_CLIENT_SECRET: 'hunter22',
};

test('what is required suffices', () => {
  expect(readWorkerConfig(required)).toMatchObject({
    ...required,
    TASK_QUEUE: 'freeflow',
    QDRANT_VECTOR_SIZE: 1536,
    RETENTION_MS: 604_800_000,
  });
});

test.each(Object.keys(required))('%s is required', (name) => {
  expect(() => readWorkerConfig({ ...required, [name]: '' })).toThrow(
    new RegExp(`^${name} is missing; it must be .+$`),
  );
});

test.each(['hunter22', 'x'.repeat(31)])('a key that a tenant could guess from its token is refused: %s', (key) => {
  expect(() => readWorkerConfig({ ...required, QDRANT_API_KEY: key })).toThrow(
    /^QDRANT_API_KEY must be at least 32 bytes \(openssl rand -base64 32\)$/,
  );
});

test.each([
  ['QDRANT_URL', 'http://h:6333/?a=b'],
  ['KEYCLOAK_URL', 'http://h:8080/#x'],
  ['QDRANT_URL', 'http://u:hunter22@h:6333/qdrant'],
  ['KEYCLOAK_URL', 'https://u@h'],
])('%s is refused where a part of it would be lost: %s', (name, url) => {
  expect(() => readWorkerConfig({ ...required, [name]: url })).toThrow(
    `${name} must be http(s)://HOST:PORT/PATH, without user and password`,
  );
});

test.each(['localhost:3002', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:70000', 'http://127.0.0.1:3002'])(
  "%s is no address that Temporal's SDK could bind to",
  (address) => {
    expect(() => readWorkerConfig({ ...required, WORKER_SDK_METRICS_ADDRESS: address })).toThrow(
      'WORKER_SDK_METRICS_ADDRESS must be ADDRESS:PORT, such as 127.0.0.1:3002',
    );
  },
);

test.each(['0.0.0.0:3002', '[::1]:3002'])('%s is one', (address) => {
  expect(readWorkerConfig({ ...required, WORKER_SDK_METRICS_ADDRESS: address }).WORKER_SDK_METRICS_ADDRESS).toBe(
    address,
  );
});

test('a worker polls all queues, or those that are named, once each', () => {
  expect(readWorkerConfig(required).WORKER_QUEUES).toEqual([...WORKER_QUEUES]);
  const queuesOf = (names: string) => polledQueues(readWorkerConfig({ ...required, WORKER_QUEUES: names }));
  expect(queuesOf('keycloak')).toEqual(['keycloak']);
  expect(queuesOf('webhooks, workflows,webhooks')).toEqual(['webhooks', 'workflows']);
});

test.each(['tenants', 'keycloak;postgres', ','])('%s is no queue', (names) => {
  expect(() => readWorkerConfig({ ...required, WORKER_QUEUES: names })).toThrow(
    'WORKER_QUEUES must be one or more of workflows, postgres, mongodb, qdrant, keycloak, webhooks, separated by commas',
  );
});

test('while nothing is sent the queue of webhooks is not polled, and a worker for it alone is refused', () => {
  const off = { ...required, WEBHOOK_SENDING: 'off' };
  expect(polledQueues(readWorkerConfig(off))).toEqual(WORKER_QUEUES.filter((it) => it !== 'webhooks'));
  expect(() => readWorkerConfig({ ...off, WORKER_QUEUES: 'webhooks' })).toThrow(/^WORKER_QUEUES has webhooks alone/);
});

test('a path of a server is kept', () => {
  expect(
    readWorkerConfig({ ...required, QDRANT_URL: 'https://h/qdrant', KEYCLOAK_URL: 'https://h/auth' }),
  ).toMatchObject({ QDRANT_URL: 'https://h/qdrant', KEYCLOAK_URL: 'https://h/auth' });
});

test('the process ends with 1 and says all that is wrong, without a value, before it asks any server', async () => {
  const { MASTER_DATABASE_URL: _missing, ...others } = required;
  const wrong = {
    SECRETS_KEY: 'hunter22',
    QDRANT_URL: 'http://u:hunter22@h',
    RETENTION_MS: '7d',
    QDRANT_API_KEY_FILE: '/run/secrets/key',
    KEYCLOAK_CLIENT_SECRET: '',
    KEYCLOAK_CLIENT_SECRET_FILE: '/nonexistent/secret',
  };
  expect(await runToEnd(['dist/worker/main.js'], { ...others, ...wrong })).toEqual({
    code: 1,
    stdout: '',
    stderr: [
      'MASTER_DATABASE_URL is missing; it must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
      'SECRETS_KEY must be base64 of exactly 32 bytes (openssl rand -base64 32)',
      'QDRANT_URL must be http(s)://HOST:PORT/PATH, without user and password',
      'QDRANT_API_KEY is set twice, by itself and by QDRANT_API_KEY_FILE; unset one of them',
      "KEYCLOAK_CLIENT_SECRET_FILE names a file that can't be read: /nonexistent/secret (ENOENT)",
      'RETENTION_MS must be a whole number of milliseconds, 1 to 315360000000\n',
    ].join('\n'),
  });
});
