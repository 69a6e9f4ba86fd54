import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '@freeflow/lib/lock';
import { isFree } from '../../stack/ports';
import { readStackInfo } from '../../stack/stack-info';
import { TEST_STACK } from '../support/master';
import {
  keepPorts,
  newStackDir,
  notedIn,
  npmStart,
  outcome,
  processesIn,
  removeStackDirs,
  run,
  stack,
} from '../support/stack-bench';
import { until } from '../support/until';

let dir: string;
let ports: number[];

beforeAll(() => {
  dir = newStackDir();
  ports = keepPorts(dir);
});
afterAll(() => removeStackDirs(dir));

/** For PostgreSQL and Qdrant of its own, which are quick to start; the others are those of the test stack. */
function environment() {
  const { keycloak, mongodb, temporal } = readStackInfo(TEST_STACK);
  return {
    KEYCLOAK_URL: keycloak.url,
    KEYCLOAK_CLIENT_ID: keycloak.clientId,
    KEYCLOAK_CLIENT_SECRET: keycloak.clientSecret,
    MONGODB_ADMIN_URL: mongodb.url,
    TEMPORAL_ADDRESS: temporal.address,
    TASK_QUEUE: `interrupted-${process.pid}`,
  };
}

const start = (env: Record<string, string> = {}) => npmStart(dir, { ...environment(), ...env });

test.each([
  ['the servers start', /^Qdrant +ready/m],
  ['the database is migrated', /(^\S+ +ready .*\n[^]*){5}/m],
  ['worker and API start', /^Worker +starting/m],
])('Ctrl-C while %s ends all that was started, at once', async (_, moment) => {
  const program = start();
  await program.prints(moment);
  program.interrupt();
  expect(await program.ended).toBe(130);
  expect(processesIn(dir)).toEqual([]);
  expect(program.output()).toMatch(/Stopping\. .*\n[^]*Stopped before everything was ready\.\n$/);
});

test('a second Ctrl-C kills what does not stop', async () => {
  const program = start();
  await program.prints(/^Qdrant +ready/m);
  for (const { pid } of notedIn(dir)) process.kill(pid, 'SIGSTOP');
  program.interrupt();
  await program.prints(/Ctrl-C again to kill/);
  await delay(500);
  program.interrupt();
  expect(await program.ended).toBe(1);
  await until('the killed ones are gone', async () => processesIn(dir).length === 0);
});

test('a worker that can not start is named with its reason, and nothing is left running', async () => {
  const { code, output } = await outcome(start({ PARKED_RETRY_MS: 'never' }));
  expect(output).toMatch(/^Worker exited with code 1\. The last lines of .*worker\.log:\n[^]*PARKED_RETRY_MS/m);
  expect(code).toBe(1);
  expect(processesIn(dir)).toEqual([]);
});

test('stop, as the start has shown it, leaves no process and no port', async () => {
  const program = stack('start', dir, [], environment());
  const [, shown = ''] = await program.prints(/^Stop with Ctrl-C here, or with: (.+)$/m);
  const noted = notedIn(dir);
  expect(noted.filter(isAlive)).toHaveLength(2);
  const { code, output } = await outcome(run('bash', ['-c', shown]));
  expect(output).toMatch(/Stopped\.\n$/);
  expect(code).toBe(0);
  expect(noted.filter(isAlive)).toEqual([]);
  expect(processesIn(dir)).toEqual([]);
  expect(await Promise.all(ports.map(isFree))).toEqual(ports.map(() => true));
  expect(await program.ended).toBe(0);
});
