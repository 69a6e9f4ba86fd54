// Bundles each program, as compiled, into one file beside it: loading some 1,600 files one by one was most of what a
// process of ours computed until it was ready.
const { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { build } = require('esbuild');
const { buildVersion } = require('./build-version.cjs');

const ROOT = path.join(__dirname, '..');
const DIST = path.join(ROOT, 'dist');
const PROGRAMS = [
  ...['worker', 'api', 'cli'].map((room) => ({
    folder: path.join(DIST, room),
    entry: path.join(DIST, room, 'program.js'),
  })),
  // For the image, which has no packages; elsewhere the migrator runs as its own package has it.
  { folder: path.join(DIST, 'migrate'), entry: path.join(ROOT, 'prisma', 'dist', 'migrate-main.js') },
];

/** The thread that runs workflows: the SDK starts this file, beside its own code. */
const WORKFLOW_THREAD = require.resolve('@temporalio/worker/lib/workflow/workflow-worker-thread.js');

const EXTERNAL = [
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
  // The page of the API's documentation.
  [/@fastify\/swagger-ui\/index\.js$/, '@fastify/swagger-ui'],
  [/@fastify\/swagger-ui\/lib\/routes\.js$/, '@fastify/swagger-ui/lib/routes.js'],
];

/** How the migrator finds Prisma's schema engine, as compiled, in its own package. */
const SCHEMA_ENGINE = "require.resolve(ENGINE_MODULE).replace(/\\.js$/, '.wasm')";

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
      onLoad({ filter: /\/prisma\/dist\/schema-engine\.js$/ }, ({ path: file }) => {
        const code = readFileSync(file, 'utf8');
        if (!code.includes(SCHEMA_ENGINE)) throw new Error(`${file} looks for the schema engine in another way.`);
        const wasm = createRequire(file).resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/js$/, 'wasm');
        replaceFile(path.join(folder, 'schema-engine.wasm'), readFileSync(wasm));
        return { contents: code.replace(SCHEMA_ENGINE, 'require("node:path").join(__dirname, "schema-engine.wasm")') };
      });
      for (const [filter, home] of AT_HOME)
        onLoad({ filter }, ({ path: file }) => {
          const there = `require("node:path").dirname(require.resolve("${home}"))`;
          return { contents: readFileSync(file, 'utf8').replaceAll('__dirname', there) };
        });
      // The parser of SQL, which reads a blueprint.
      onLoad({ filter: /libpg-query\/wasm\/libpg-query\.js$/ }, ({ path: file }) => {
        replaceFile(
          path.join(folder, 'libpg-query.wasm'),
          readFileSync(path.join(path.dirname(file), 'libpg-query.wasm')),
        );
        return { contents: readFileSync(file, 'utf8') };
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

/** The packages of others that a bundle has code of: their folders, seen from ours. */
function packagesIn({ outputs }) {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0),
  );
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? []);
  return [...new Set(folders)].sort();
}

/** Written beside and renamed: what starts meanwhile reads the old file or the new one, never half of one. */
function replaceFile(file, contents) {
  const scratch = `${file}.${process.pid}`;
  writeFileSync(scratch, contents);
  renameSync(scratch, file);
}

const isChanged = ({ path: file, contents }) => !existsSync(file) || !readFileSync(file).equals(contents);

/** Bundles a program into its folder. */
async function bundle({ folder, entry }) {
  const isWorker = path.basename(folder) === 'worker';
  mkdirSync(folder, { recursive: true });
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: {
      'program.bundle': entry,
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
    metafile: true,
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
  // For the list of what an image holds (deploy/image/).
  replaceFile(path.join(folder, 'packages.json'), JSON.stringify(packagesIn(metafile)));
}

async function main() {
  await Promise.all(PROGRAMS.map(bundle));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
