// Tests run on the sources (compiled by SWC), in three projects told apart by the name of the file:
//   *.test.ts              unit: no server
//   *.integration.test.ts  our code in this process, on the real servers of a stack of its own
//   *.e2e.test.ts          whole processes as `npm run build` has made them, on the same servers
// globalSetup starts those servers, once, and only where a project that needs them is run.

// Neither UTC nor a whole hour from it, with summer time: tests, servers and all processes that they start must not care.
process.env.TZ = 'America/St_Johns';

// Tests start some hundred processes of ours, which need not compile the same modules each time.
process.env.NODE_COMPILE_CACHE ??= `${__dirname}/node_modules/.cache/node-compile`;

const rooms = 'contract,lib,prisma,backends,activities,workflows,worker,api,cli,stack,bench,test';
const tests = `<rootDir>/{${rooms}}/**`;

/** @type {import('jest').Config} */
const shared = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/plain-output.cjs'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/(?:contract|lib|prisma)/dist/'],
  transform: {
    '\\.[jt]sx?$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  // ESM-only packages, which jest must compile, wherever pnpm has put them; and mongodb, whose dynamic import('os')
  // (since 7.6) jest can't follow: https://github.com/typegoose/mongodb-memory-server/issues/1026
  transformIgnorePatterns: [
    'node_modules/(?!(?:\\.pnpm/)?(?:jose|mongodb|openid-client|oauth4webapi|@prisma[/+]schema-engine-wasm|@keycloak[/+]keycloak-admin-client|@microsoft[/+]kiota-[a-z-]+|@std-uritemplate[/+]std-uritemplate|tinyduration|url-template|camelize-ts|uuid|guid-typescript)(?:@|/))',
  ],
  moduleNameMapper: {
    '^@freeflow/contract$': '<rootDir>/contract/index.ts',
    '^@freeflow/contract/http$': '<rootDir>/contract/http/index.ts',
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
    { ...withServers, displayName: 'integration', testMatch: [`${tests}/*.integration.test.ts`] },
    { ...withServers, displayName: 'e2e', testMatch: [`${tests}/*.e2e.test.ts`] },
  ],
  // What fails says so itself; the chatter of drivers and SDK on stdout helps nobody.
  silent: true,
  // Of the whole run: jest ignores a project's own.
  testTimeout: 600_000,
  testSequencer: '<rootDir>/test/slowest-first.cjs',
  // On two cores: suites wait about as long as they compute. With more, time-outs of the product come near.
  maxWorkers: 4,
};
