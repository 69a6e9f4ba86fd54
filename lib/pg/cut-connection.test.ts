import { isCutConnection } from './cut-connection';

test.each([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Query read timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
])('"%s" is what pg calls a connection that was cut', (message) => {
  expect(isCutConnection(new Error(message))).toBe(true);
});

test.each(['relation "timeout expired" does not exist', 'fetch failed', ''])('"%s" is not', (message) => {
  expect(isCutConnection(new Error(message))).toBe(false);
  expect(isCutConnection({ message: 'Connection terminated' })).toBe(false);
});
