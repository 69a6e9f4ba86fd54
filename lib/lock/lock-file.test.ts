import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../stack/project';
import { LockedError, lockOwner, takeLock } from './lock-file';
import { identify } from './process-identity';

const TAKERS = 6;

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'freeflow-lock-'));
  path = join(dir, 'servers.lock');
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

/** Takes the lock in a process of its own at a given time; it says how that went and lives until it is killed. */
async function taker(at: number): Promise<{ said: string; kill: () => Promise<void> }> {
  const script = `
    const { takeLock } = require(${JSON.stringify(join(projectRoot(), 'lib/dist/lock/index.js'))});
    while (Date.now() < ${at});
    try { takeLock(${JSON.stringify(path)}); console.log('taken'); } catch (error) { console.log(error.constructor.name); }
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  const said = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => {
      resolve(chunk.toString('utf8').trim());
    }),
  );
  return {
    said,
    kill: () => {
      child.kill('SIGKILL');
      return gone;
    },
  };
}

async function race(): Promise<string[]> {
  const startsAt = Date.now() + 800;
  const takers = await Promise.all(Array.from({ length: TAKERS }, () => taker(startsAt)));
  await Promise.all(takers.map(({ kill }) => kill()));
  return takers.map(({ said }) => said).sort();
}

const ONE_WINNER = [...Array.from({ length: TAKERS - 1 }, () => 'LockedError'), 'taken'];

test('of several processes that take it at the same time one has it', async () => {
  expect(await race()).toEqual(ONE_WINNER);
});

test("of several processes that find a dead owner's lock one takes it over", async () => {
  const { said, kill } = await taker(0);
  expect(said).toBe('taken');
  expect(() => takeLock(path)).toThrow(LockedError);
  await kill();
  expect(existsSync(path)).toBe(true);
  expect(lockOwner(path)).toBeUndefined();
  expect(await race()).toEqual(ONE_WINNER);
});

test('a process that only has the pid of the owner is not taken for it', () => {
  writeFileSync(path, JSON.stringify({ ...identify(process.ppid), startedAt: 'long ago' }));
  expect(lockOwner(path)).toBeUndefined();
  takeLock(path);
  expect(lockOwner(path)).toEqual(identify(process.pid));
});

test("a lock that was cut short is nobody's", () => {
  writeFileSync(path, '{"pid":');
  takeLock(path);
  expect(lockOwner(path)?.pid).toBe(process.pid);
});

test("given back it is free, but another owner's is not given back", () => {
  takeLock(path)();
  expect(existsSync(path)).toBe(false);
  const giveBack = takeLock(path);
  const others = JSON.stringify(identify(process.ppid));
  writeFileSync(path, others);
  giveBack();
  expect(readFileSync(path, 'utf8')).toBe(others);
});
