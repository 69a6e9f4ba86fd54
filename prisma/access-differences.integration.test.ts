import { newTestDatabase, query, type TestDatabase } from '../test/support/migrated-database';
import { accessDifferences } from './access-differences';
import { WORKER_FUNCTIONS } from './master-roles';

let database: TestDatabase;
beforeAll(async () => {
  database = newTestDatabase();
  await database.migrate();
});
afterAll(() => database.drop());

describe("how the roles' rights differ", () => {
  const look = () => accessDifferences(database.workerUrl, database.roles);
  const differencesAfter = async (change: string, back: string) => {
    await query(database.url, change);
    try {
      return await look();
    } finally {
      await query(database.url, back);
    }
  };

  it('not at all after migrating', async () => {
    expect(await look()).toEqual([]);
  });

  it('by each right that is lacking or too much', async () => {
    const { api, worker } = database.roles;
    expect(
      await differencesAfter(`REVOKE INSERT ON "Tenant" FROM ${api}`, `GRANT INSERT ON "Tenant" TO ${api}`),
    ).toEqual([`${api} lacks INSERT on Tenant`]);
    expect(
      await differencesAfter(`GRANT SELECT ON "TenantSecret" TO ${api}`, `REVOKE SELECT ON "TenantSecret" FROM ${api}`),
    ).toEqual([`${api} has SELECT on TenantSecret`]);
    expect(
      await differencesAfter(
        `GRANT SELECT ON _prisma_migrations TO ${worker}`,
        `REVOKE SELECT ON _prisma_migrations FROM ${worker}`,
      ),
    ).toEqual([`${worker} has SELECT on _prisma_migrations`]);
    expect(
      await differencesAfter(
        `GRANT UPDATE (status) ON "Tenant" TO ${api}; REVOKE UPDATE (labels) ON "Tenant" FROM ${api}`,
        `REVOKE UPDATE (status) ON "Tenant" FROM ${api}; GRANT UPDATE (labels) ON "Tenant" TO ${api}`,
      ),
    ).toEqual([`${api} lacks UPDATE on Tenant.labels`, `${api} has UPDATE on Tenant.status`]);
    expect(await differencesAfter(`ALTER ROLE ${api} SUPERUSER`, `ALTER ROLE ${api} NOSUPERUSER`)).toEqual([
      `${api} is a superuser`,
    ]);
    expect(await differencesAfter(`ALTER ROLE ${api} NOLOGIN`, `ALTER ROLE ${api} LOGIN`)).toEqual([
      `${api} may not log in`,
    ]);
    expect(
      await differencesAfter(
        `GRANT CONNECT ON DATABASE ${database.name} TO PUBLIC`,
        `REVOKE CONNECT ON DATABASE ${database.name} FROM PUBLIC`,
      ),
    ).toEqual(['everybody may connect']);
  });

  it('by each function that is lacking, or that somebody else may call', async () => {
    const { api, worker } = database.roles;
    const signature = (name: string) => `(SELECT oid::regprocedure FROM pg_proc WHERE proname = '${name}')`;
    const change = (statement: string, name: string) =>
      `DO $$ BEGIN EXECUTE format('${statement.replace('FUNCTION', 'FUNCTION %s')}', ${signature(name)}); END $$`;
    for (const name of WORKER_FUNCTIONS) {
      expect(
        await differencesAfter(
          change(`REVOKE EXECUTE ON FUNCTION FROM ${worker}`, name),
          change(`GRANT EXECUTE ON FUNCTION TO ${worker}`, name),
        ),
      ).toEqual([`${worker} lacks EXECUTE on ${name}`]);
      expect(
        await differencesAfter(
          change('GRANT EXECUTE ON FUNCTION TO PUBLIC', name),
          change('REVOKE EXECUTE ON FUNCTION FROM PUBLIC', name),
        ),
      ).toEqual([`everybody may call ${name}`]);
      expect(
        await differencesAfter(
          change(`GRANT EXECUTE ON FUNCTION TO ${api}`, name),
          change(`REVOKE EXECUTE ON FUNCTION FROM ${api}`, name),
        ),
      ).toEqual([`${api} has EXECUTE on ${name}`]);
    }
  });

  it('by a function in the rights of its owner that nobody was to call', async () => {
    expect(
      await differencesAfter(
        `CREATE FUNCTION stray() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'`,
        'DROP FUNCTION stray()',
      ),
    ).toEqual(['everybody may call stray']);
  });

  it('by a role that is not there', async () => {
    expect(await accessDifferences(database.workerUrl, { ...database.roles, api: 'freeflow_never' })).toEqual([
      'there is no role freeflow_never',
    ]);
  });
});
