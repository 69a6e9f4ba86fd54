// Starts each program once, without any settings, as far as it comes: by then V8 has compiled what every start needs,
// and Node keeps it in the folder that is named.
const { spawnSync } = require('node:child_process');
const { chmodSync, readdirSync, statSync } = require('node:fs');
const path = require('node:path');

const BIN = '/usr/local/bin';
/** With the exit code of each: a program that does not load at all must end the build. */
const STARTS = [
  ['api', [], 1, /MASTER_DATABASE_URL/],
  ['worker', [], 1, /MASTER_DATABASE_URL/],
  ['migrate', ['--help'], 0, /MASTER_DATABASE_URL/],
  ['freeflow', ['--help'], 0, /freeflow/],
  // With the drivers of all servers.
  ['freeflow', ['doctor', '--help'], 0, /MASTER_DATABASE_URL/],
];

function start([program, args, code, expected], cache) {
  const { status, stdout, stderr, error } = spawnSync(path.join(BIN, program), args, {
    env: { NODE_COMPILE_CACHE: cache },
    encoding: 'utf8',
  });
  const text = `${stdout}${stderr}`;
  if (status !== code || !expected.test(text))
    throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${error?.message ?? text}`);
}

/** Node lets only the user read it that has written it. */
function letAllRead(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    chmodSync(file, statSync(file).isDirectory() ? 0o755 : 0o644);
  }
}

const [, , cache] = process.argv;
for (const it of STARTS) start(it, cache);
letAllRead(cache);
