import { newTestDatabase, query, type TestDatabase } from '../test/support/migrated-database';
import { migrationState } from './migration-state';

let database: TestDatabase;
beforeAll(() => {
  database = newTestDatabase();
});
afterAll(() => database.drop());

describe('which migrations a database has', () => {
  const look = () => migrationState(database.url);

  it('none, where there is no database and where it is empty', async () => {
    const before = await look();
    expect(before).toEqual({
      applied: [],
      missing: expect.arrayContaining([expect.stringMatching(/_init$/)]),
      failed: [],
      altered: [],
      unknown: [],
    });
    await query(database.url.replace(database.name, 'postgres'), `CREATE DATABASE ${database.name}`);
    expect(await look()).toEqual(before);
  });

  it('all after migrating, and each deviation by name', async () => {
    const { missing } = await look();
    await database.migrate();
    expect(await look()).toEqual({ applied: missing, missing: [], failed: [], altered: [], unknown: [] });

    const [first = '', second = '', third = ''] = missing;
    await query(database.url, `UPDATE _prisma_migrations SET checksum = 'x' WHERE migration_name = $1`, [first]);
    await query(database.url, `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = $1`, [second]);
    await query(
      database.url,
      `UPDATE _prisma_migrations SET migration_name = '29990101000000_later' WHERE migration_name = $1`,
      [third],
    );
    expect(await look()).toMatchObject({
      altered: [first],
      failed: [second],
      missing: [third],
      unknown: ['29990101000000_later'],
    });
  });

  it('is told to the owner alone', async () => {
    await expect(migrationState(database.workerUrl)).rejects.toMatchObject({ code: 'access-denied' });
  });
});
