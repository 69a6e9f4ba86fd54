// Tests run on the sources (compiled by SWC) against the real servers of a stack of their own, which globalSetup starts.
/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{api,workflows,activities,worker,prisma,cli,stack,test}/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/prisma/dist/'],
  transform: {
    '\\.[jt]sx?$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  // ESM-only packages which jest must compile, wherever pnpm has put them.
  transformIgnorePatterns: ['node_modules/(?!(?:\\.pnpm/)?(?:jose|@keycloak[/+]keycloak-admin-client|url-template|camelize-ts|url-join)(?:@|/))'],
  moduleNameMapper: { '^@freeflow/db-master$': '<rootDir>/prisma/index.ts' },
  globalSetup: '<rootDir>/test/global-setup.ts',
  globalTeardown: '<rootDir>/test/global-teardown.ts',
  testTimeout: 120_000,
  maxWorkers: 2,
};
