// Makes the package ready after an install: Prisma's client from the schema, then the compiled JavaScript. Needs no
// internet.
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { withLock } = require('./prepare-lock.cjs');

const inPackage = (...parts) => path.join(__dirname, ...parts);
const stampFile = inPackage('generated', 'stamp.txt');

/**
 * What the generated client depends on. Comparing this, not times: a checkout or a cache restores files with any time.
 */
function expectedStamp() {
  const versions = ['prisma', '@prisma/client'].map((name) => require(`${name}/package.json`).version);
  return createHash('sha256')
    .update(readFileSync(inPackage('schema.prisma')))
    .update(versions.join())
    .digest('hex');
}

function runBinOf(packageName, binName, args, env = {}) {
  const manifest = require.resolve(`${packageName}/package.json`);
  const { bin } = require(manifest);
  const script = path.join(path.dirname(manifest), bin[binName]);
  execFileSync(process.execPath, [script, ...args], {
    cwd: __dirname,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
}

function generateWhenStale() {
  const stamp = expectedStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  runBinOf('prisma', 'prisma', ['generate', '--no-hints'], {
    // Prisma downloads its native schema engine before it generates, unless this names a file. It never runs it here.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  });
  writeFileSync(stampFile, stamp);
}

/**
 * A production install has neither Prisma's command line nor the compiler: there the compiled files must have come
 * along.
 */
function hasTools() {
  try {
    return Boolean(require.resolve('prisma/package.json') && require.resolve('typescript/package.json'));
  } catch {
    return false;
  }
}

function main() {
  if (hasTools()) {
    return withLock(inPackage('node_modules', '.prepare.lock'), () => {
      generateWhenStale();
      runBinOf('typescript', 'tsc', ['-b', 'tsconfig.json']);
    });
  }
  if (existsSync(inPackage('dist', 'index.js'))) return;
  throw new Error(
    '@freeflow/db-master is not compiled and its development dependencies are not installed; install them once, then try again.',
  );
}

try {
  main();
} catch (error) {
  // The child has printed what went wrong already; what is left to say is which program it was.
  console.error(`@freeflow/db-master could not be prepared: ${error.message}`);
  process.exitCode = 1;
}
