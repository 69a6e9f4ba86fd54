// Keeps two preparations (say, two `npm test` in one clone) from writing the same files at once.
const { readFileSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs');

const POLL_MS = 100;
const PATIENCE_MS = 180_000;

/**
 * Runs `work` while the file `lockFile` is ours. Waits for another living process; the lock of a dead one is taken
 * away.
 */
function withLock(lockFile, work) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!tryCreate(lockFile)) {
    if (isAbandoned(lockFile)) moveAway(lockFile);
    else if (Date.now() > deadline)
      throw new Error(`another preparation has held ${lockFile} for minutes; delete the file if none is running`);
    else pause(POLL_MS);
  }
  try {
    return work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

function tryCreate(lockFile) {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(lockFile) {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8'));
    // Between its creation and the write of the pid the file is empty for a moment; long empty means killed in between.
    if (!pid) return Date.now() - statSync(lockFile).mtimeMs > 5000;
    return !isAlive(pid);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

/** Renaming lets only one of several waiters take the abandoned file away. */
function moveAway(lockFile) {
  const aside = `${lockFile}.${process.pid}`;
  try {
    renameSync(lockFile, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

module.exports = { withLock };
