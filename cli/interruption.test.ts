import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projectRoot } from '../stack/project';

/** Ends a command, which takes its time, by Ctrl-C after each of these pauses. */
async function ended(...pausesMs: number[]) {
  const script = `
    const { onInterrupt } = require(${JSON.stringify(join(projectRoot(), 'dist/cli/interruption.js'))});
    const interrupted = new AbortController();
    interrupted.signal.addEventListener('abort', () => { console.log('leaving'); setTimeout(() => stop(), 1_500); });
    const stop = onInterrupt(interrupted, () => console.log('left'));
    setTimeout(() => undefined, 2_500);
    console.log('begun');`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => child.on('close', (code) => resolve(code)));
  let stdout = '';
  await new Promise<void>((resolve) =>
    child.stdout.on('data', (it) => {
      stdout += String(it);
      resolve();
    }),
  );
  for (const ms of pausesMs) {
    await delay(ms);
    child.kill('SIGINT');
  }
  return { code: await closed, stdout };
}

test.each<[what: string, pausesMs: number[], code: number, stdout: string]>([
  ['one, that npm passes on once more', [0, 100], 0, 'begun\nleaving\n'],
  ['a second one', [0, 600], 130, 'begun\nleaving\nleft\n'],
])('Ctrl-C: %s', async (_what, pausesMs, code, stdout) => {
  expect(await ended(...pausesMs)).toEqual({ code, stdout });
});
