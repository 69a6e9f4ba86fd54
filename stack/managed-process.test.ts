import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '@freeflow/contract/stack-info';
import { readIfThere } from '@freeflow/lib/files';
import { isAlive, startTimeOf } from '@freeflow/lib/lock';
import { until } from '../test/support/until';
import { ManagedProcess, type ManagedProcessOptions, StoppedEarlyError } from './managed-process';

let folder: string;
let launched: ProcessIdentity[];
let events: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freeflow-process-'));
  [launched, events] = [[], []];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const createManaged = (script: string, changed: Partial<ManagedProcessOptions> = {}) =>
  new ManagedProcess({
    title: 'Server',
    log: join(folder, 'server.log'),
    plan: () => Promise.resolve({ command: 'bash', args: ['-c', script], env: process.env, cwd: folder }),
    check: () => Promise.resolve(),
    readyWithinMs: 5_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 300,
    onLaunch: (identity) => {
      launched.push(identity);
    },
    onEvent: (text) => {
      events.push(text);
    },
    ...changed,
  });

test('one that has ended is not ready, though another process answers in its place; the error ends with its last words', async () => {
  const server = createManaged('echo the port is taken; exit 3', { check: () => delay(500) });
  await expect(server.start()).rejects.toThrow(
    /^Server exited with code 3\. The last lines of .*:\n +the port is taken$/,
  );
});

test('killed hard it is started again', async () => {
  const server = createManaged('sleep 60');
  await server.start();
  process.kill(launched[0]?.pid ?? 0, 'SIGKILL');
  await until('it is back', async () => events.some((it) => it.startsWith('Server is back')));
  expect(launched.map(isAlive)).toEqual([false, true]);
  await server.stop();
  expect(launched.map(isAlive)).toEqual([false, false]);
});

test('a stop ends its children as well, and what does not listen to the signal', async () => {
  const server = createManaged('trap "" TERM; sleep 60 & echo $! > child; while true; do sleep 1; done', {
    check: async () => {
      // It is there a moment before it says something.
      if ((readIfThere(join(folder, 'child')) ?? '').trim() === '') throw new Error('not yet');
    },
  });
  await server.start();
  const child = Number(readFileSync(join(folder, 'child'), 'utf8'));
  expect(startTimeOf(child)).toBeDefined();
  await server.stop();
  await until('the child is gone', async () => startTimeOf(child) === undefined);
  expect(launched.map(isAlive)).toEqual([false]);
});

test('stopped while its start is being prepared it is not started any more', async () => {
  const server = createManaged('sleep 60', {
    plan: async () => {
      await delay(200);
      return { command: 'bash', args: ['-c', 'sleep 60'], env: process.env, cwd: folder };
    },
  });
  const start = server.start();
  await server.stop();
  await expect(start).rejects.toThrow(StoppedEarlyError);
  expect(launched).toEqual([]);
});
