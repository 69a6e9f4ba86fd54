// Tests run on the sources (compiled by SWC), in projects told apart by the name of the file:
//   *.test.ts              unit: no server
//   *.integration.test.ts  our code in this process, on the real servers of a stack of its own
//   *.e2e.test.ts          whole processes as `npm run build` has made them, on the same servers
// and, of the latter two, those in a folder of RESILIENCE: half of all the time, and a change is first judged by the
// others. `npm test` leaves them out, .ci/run doesn't.
// globalSetup starts those servers, once, and only where a project that needs them is run.

// Neither UTC nor a whole hour from it, with summer time: tests, servers and all processes that they start must not
// care.
process.env.TZ = 'America/St_Johns';

// Tests start some hundred processes of ours, which need not compile the same modules each time.
process.env.NODE_COMPILE_CACHE ??= `${__dirname}/node_modules/.cache/node-compile`;

const rooms = 'contract,lib,prisma,backends,activities,workflows,worker,api,cli,console/src,stack,bench,deploy,test';
const tests = `<rootDir>/{${rooms}}/**`;

/** Processes are killed and servers go away; servers, tenants and networks are as they are found in the field. */
const RESILIENCE = ['<rootDir>/test/resilience/', '<rootDir>/test/field/'];

// Loaded by Node itself: large ones, which would be loaded anew for each test file; ESM-only ones, which jest would
// have to compile; and mongodb (since 7.6, https://github.com/typegoose/mongodb-memory-server/issues/1026) and
// OpenTelemetry also for a dynamic import('os') or ('http'), which jest can't follow.
const packages = [
  '@keycloak/keycloak-admin-client',
  '@opentelemetry/[a-z-]+',
  '@qdrant/js-client-rest',
  '@temporalio/[a-z-]+',
  'eventsource-parser',
  'jose',
  'marked',
  'mongodb',
  'openid-client',
  'ora',
  'pino',
  'undici',
  'uuid',
];
const loadedNatively = `node_modules/(?:${packages.join('|')})/.*\\.[cm]?js$`;
// ESM-only, and to be compiled by jest: it asks whether what our code gives it is of its own realm.
const compiled = ['@prisma/schema-engine-wasm'];
// By the folders of pnpm, too: `.pnpm/@scope+name@1.2.3/node_modules/@scope/name`.
const others = `node_modules/(?!(?:\\.pnpm/)?(?:${[...packages, ...compiled].join('|').replaceAll('/', '[/+]')})(?:@|/))`;

/** @type {import('jest').Config} */
const shared = {
  testEnvironment: '<rootDir>/test/environment.cjs',
  setupFiles: ['<rootDir>/test/plain-output.cjs', '<rootDir>/test/promise-hooks.cjs'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/(?:contract|lib|prisma)/dist/'],
  transform: {
    [loadedNatively]: '<rootDir>/test/load-natively.cjs',
    '\\.[jt]sx?$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [others],
  moduleNameMapper: {
    '^@freeflow/contract$': '<rootDir>/contract/index.ts',
    '^@freeflow/contract/http$': '<rootDir>/contract/http/index.ts',
    '^@freeflow/contract/plans$': '<rootDir>/contract/plans/index.ts',
    '^@freeflow/contract/stack-info$': '<rootDir>/contract/stack-info.ts',
    '^@freeflow/lib/([a-z-]+)$': '<rootDir>/lib/$1/index.ts',
    '^@freeflow/db-master$': '<rootDir>/prisma/index.ts',
  },
};

const withServers = {
  ...shared,
  globalSetup: '<rootDir>/test/global-setup.ts',
  globalTeardown: '<rootDir>/test/global-teardown.ts',
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    { ...shared, displayName: 'unit', testMatch: [`${tests}/!(*.integration|*.e2e).test.ts`] },
    ...['integration', 'e2e'].map((displayName) => ({
      ...withServers,
      displayName,
      testMatch: [`${tests}/*.${displayName}.test.ts`],
      testPathIgnorePatterns: RESILIENCE,
    })),
    {
      ...withServers,
      displayName: 'resilience',
      testMatch: RESILIENCE.map((folder) => `${folder}**/*.{integration,e2e}.test.ts`),
    },
  ],
  // What fails says so itself; the chatter of drivers and SDK on stdout helps nobody.
  silent: true,
  // Of the whole run: jest ignores a project's own.
  testTimeout: 600_000,
  testSequencer: '<rootDir>/test/slowest-first.cjs',
  // On two cores: with four both are busy all the time; with six a run takes as long, and time-outs of the product come
  // near.
  maxWorkers: 4,
};
