import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../stack/project';

/** Ends a process by this signal while it does what must not be cut short. */
async function ended(signal: NodeJS.Signals, before = '') {
  const script = `
    const { uninterrupted } = require(${JSON.stringify(join(projectRoot(), 'dist/cli/contexts/uninterrupted.js'))});
    const { setTimeout: delay } = require('node:timers/promises');
    ${before}
    const work = async () => { console.log('begun'); await delay(300); console.log('done'); };
    uninterrupted(work).then(() => delay(60_000));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (it) => {
    if (stdout === '') child.kill(signal);
    stdout += String(it);
  });
  return new Promise((resolve) => child.on('close', (code, by) => resolve({ stdout, code, by })));
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends the process, once the work is over', async (signal) => {
  expect(await ended(signal)).toEqual({ stdout: 'begun\ndone\n', code: null, by: signal });
});

test('a command that listens for Ctrl-C ends in its own way', async () => {
  const own = `process.on('SIGINT', () => { console.log('leaving'); process.exitCode = 130; setTimeout(process.exit, 600); });`;
  expect(await ended('SIGINT', own)).toEqual({ stdout: 'begun\nleaving\ndone\n', code: 130, by: null });
});
