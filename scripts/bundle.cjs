// Bundles each program, as compiled, into one file beside it: loading some 1,600 files one by one was most of what a
// process of ours computed until it was ready.
const { existsSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { build } = require('esbuild');
const { buildVersion } = require('./build-version.cjs');

const DIST = path.join(__dirname, '..', 'dist');
const PROGRAMS = ['worker', 'api', 'cli'].map((room) => path.join(DIST, room));

/** The thread that runs workflows: the SDK starts this file, beside its own code. */
const WORKFLOW_THREAD = require.resolve('@temporalio/worker/lib/workflow/workflow-worker-thread.js');

const EXTERNAL = [
  // Serves the files beside itself.
  '@fastify/swagger-ui',
  // Drivers ask for these, and do without.
  ...['pg-native', 'mongodb-client-encryption', 'kerberos', 'snappy', 'socks', 'gcp-metadata', '@mongodb-js/zstd'],
  '@aws-sdk/credential-providers',
];

/** Code that would only be loaded: by the name of its file, what stands for it. */
const STAND_INS = [
  // The SDK's own bundler of workflows brings webpack with it; ours are bundled ahead of time
  // (worker/bundle-workflows.ts).
  [/@temporalio\/worker\/lib\/workflow\/bundler\.js$/, 'exports.defaultWorkflowInterceptorModules = [];'],
  [/@temporalio\/worker\/lib\/debug-replayer\/index\.js$/, ''],
  // Fifty languages of messages, of which none is asked for by anything but its default.
  [/\/zod\/v4\/locales\/index\.cjs$/, 'exports.en = require("./en.cjs").default;'],
  [/\/zod\/v4\/locales\/index\.js$/, 'export { default as en } from "./en.js";'],
];

/**
 * Code that looks beside itself for what stays where it is: by the name of its file, the package in whose folder it is.
 */
const AT_HOME = [
  // The SDK's native core.
  [/@temporalio\/core-bridge\/common\.js$/, '@temporalio/core-bridge'],
  // The migrations, which doctor compares.
  [/\/prisma\/dist\/migration-files\.js$/, '@freeflow/db-master'],
];

/** Files that code of others reads from its own folder, which is now that of the bundle. */
function besideBundle(folder) {
  return {
    name: 'beside-bundle',
    setup({ onLoad }) {
      // Prisma's compiler of queries, as text of 4.5 MB which Node would search for exports.
      onLoad({ filter: /query_compiler_.*\.wasm-base64\.js$/ }, ({ path: file }) => {
        const { wasm } = require(file);
        replaceFile(path.join(folder, 'query-compiler.wasm'), Buffer.from(wasm, 'base64'));
        const read = 'require("node:fs").readFileSync(require("node:path").join(__dirname, "query-compiler.wasm"))';
        return { contents: `exports.wasm = ${read};` };
      });
      for (const [filter, home] of AT_HOME)
        onLoad({ filter }, ({ path: file }) => {
          const there = `require("node:path").dirname(require.resolve("${home}"))`;
          return { contents: readFileSync(file, 'utf8').replaceAll('__dirname', there) };
        });
      onLoad({ filter: /source-map\/lib\/read-wasm\.js$/ }, ({ path: file }) => {
        const wasm = readFileSync(path.join(path.dirname(file), 'mappings.wasm'));
        replaceFile(path.join(folder, 'mappings.wasm'), wasm);
        return { contents: readFileSync(file, 'utf8') };
      });
    },
  };
}

const standIns = {
  name: 'stand-ins',
  setup({ onLoad }) {
    for (const [filter, contents] of STAND_INS)
      onLoad({ filter }, ({ path: file }) => ({ contents, resolveDir: path.dirname(file) }));
  },
};

/** Written beside and renamed: what starts meanwhile reads the old file or the new one, never half of one. */
function replaceFile(file, contents) {
  const scratch = `${file}.${process.pid}`;
  writeFileSync(scratch, contents);
  renameSync(scratch, file);
}

const isChanged = ({ path: file, contents }) => !existsSync(file) || !readFileSync(file).equals(contents);

/** Bundles the program of a folder. */
async function bundle(folder) {
  const isWorker = path.basename(folder) === 'worker';
  const { outputFiles } = await build({
    entryPoints: {
      'program.bundle': path.join(folder, 'program.js'),
      ...(isWorker ? { 'workflow-worker-thread': WORKFLOW_THREAD } : {}),
    },
    outdir: folder,
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    mainFields: ['main'],
    external: EXTERNAL,
    plugins: [besideBundle(folder), standIns],
    // For whoever asks Node for it (--enable-source-maps): reading the map takes longer than reading the program.
    sourcemap: true,
    sourcesContent: false,
    define: { FREEFLOW_BUILD_VERSION: JSON.stringify(buildVersion()) },
    // Errors are told apart by the names of their classes.
    keepNames: true,
    logLevel: 'error',
  });
  // What was compiled of another bundle is of no use any more, and would pile up (lib/start).
  if (outputFiles.some(isChanged)) rmSync(path.join(folder, '.compile-cache'), { recursive: true, force: true });
  // Maps come before what names them.
  outputFiles.sort((a, b) => b.path.length - a.path.length);
  for (const { path: file, contents } of outputFiles) replaceFile(file, contents);
}

async function main() {
  await Promise.all(PROGRAMS.map(bundle));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
