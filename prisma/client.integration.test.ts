import { ErrorTolerantClient } from '@freeflow/lib/pg';
import { adminUrl, newTestDatabase, query } from '../test/support/migrated-database';
import { createMasterClient } from './client';

const database = newTestDatabase();
beforeAll(() => database.migrate());
afterAll(() => database.drop());

test('an error of a connection without a listener does not end the process', () => {
  expect(new ErrorTolerantClient().emit('error', new Error('terminating connection'))).toBe(true);
});

test('the pool of the master database has such connections, and goes on after they were ended', async () => {
  const db = createMasterClient(database.workerUrl, { maxConnections: 2, applicationName: 'freeflow-heard' });
  const added = jest.spyOn(ErrorTolerantClient.prototype, 'connect');
  await db.tenant.count();
  expect(added).toHaveBeenCalled();
  await query(
    adminUrl(),
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'freeflow-heard'",
  );
  await db.tenant.count().catch(() => undefined);
  expect(await db.tenant.count()).toBe(0);
  await db.$disconnect();
});
