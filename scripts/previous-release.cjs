// npm run test:previous -- REF: builds an earlier commit or tag beside this one, in a folder of its own that is kept
// for the next time, and runs its API and workers on the schema as it is now.
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

function run(cwd, program, args, env = {}) {
  const { status } = spawnSync(program, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) process.exit(status ?? 1);
}

const [ref] = process.argv.slice(2);
if (ref === undefined) {
  console.error('Name the release to try beside this one: npm run test:previous -- v1.4.0');
  process.exit(2);
}
const found = spawnSync('git', ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], {
  cwd: ROOT,
  encoding: 'utf8',
});
const commit = found.stdout.trim();
if (found.status !== 0) {
  console.error(`There is no commit ${ref} here. Fetch it first: git fetch --tags`);
  process.exit(2);
}
const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'freeflow', 'releases');
const folder = path.join(cache, commit);
if (!existsSync(folder)) run(ROOT, 'git', ['clone', '--quiet', '--no-checkout', ROOT, folder]);
run(folder, 'git', ['checkout', '--quiet', '--detach', commit]);
run(folder, process.execPath, ['scripts/pnpm.cjs', 'install', '--frozen-lockfile', '--prefer-offline']);
const PATH = `${path.join(folder, 'node_modules', '.bin')}${path.delimiter}${process.env.PATH}`;
run(folder, process.execPath, ['scripts/pnpm.cjs', 'run', '-s', 'build'], { PATH });
run(ROOT, process.execPath, ['node_modules/jest/bin/jest.js', '-i', 'test/field/previous-release'], {
  PREVIOUS_RELEASE: folder,
});
