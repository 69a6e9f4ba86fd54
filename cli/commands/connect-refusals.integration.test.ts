import { randomBytes, randomUUID } from 'node:crypto';
import { createMasterClient } from '@freeflow/db-master';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { newName } from '../../test/support/activity-harness';
import { freeflow, secretsIn } from '../../test/support/freeflow';
import { openMaster, type Master } from '../../test/support/master';
import { withPostgres } from '../../test/support/outside';

const SECRETS_KEY = randomBytes(32).toString('base64');
let master: Master;
let env: Record<string, string>;

beforeAll(async () => {
  master = await openMaster();
  env = {
    MASTER_DATABASE_URL: master.workerUrl,
    SECRETS_KEY,
    KEYCLOAK_URL: 'http://127.0.0.1:9',
    FREEFLOW_STACK_DIR: '/nonexistent',
  };
});
afterAll(() => master.drop());

const asOwner = (text: string, values: unknown[]) =>
  withPostgres(master.ownerUrl, (client) => client.query(text, values));

/** A row of a tenant that nothing stands behind. */
async function newTenant({
  name = newName(),
  status = 'active',
  goneAt = null,
}: { name?: string; status?: string; goneAt?: Date | null } = {}): Promise<{ id: string; name: string }> {
  const id = randomUUID();
  await asOwner(
    `INSERT INTO "Tenant" ("id", "name", "realmName", "postgresDb", "mongoDb", "qdrantCollection", "status", "goneAt") VALUES ($1, $2, 'r', 'p', 'm', 'q', $3::"TenantStatus", $4)`,
    [id, name, status, goneAt],
  );
  return { id, name };
}

test('a tenant that is registered only is shown without login or password it does not have', async () => {
  const { id, name } = await newTenant();
  await asOwner(
    `INSERT INTO "TenantConnection" ("id", "tenantId", "service", "dbName", "host", "port", "username") VALUES (gen_random_uuid(), $1, 'postgres', 'p', 'db', 5432, 'freeflow'), (gen_random_uuid(), $1, 'mongodb', 'm', '::1', 27017, NULL), (gen_random_uuid(), $1, 'qdrant', 'q', 'db', 6333, NULL)`,
    [id],
  );
  const { stdout } = await freeflow(['tenants', 'connect', name, '--json'], env);
  expect(JSON.parse(stdout)).toEqual({
    postgres: { host: 'db', port: 5432, database: 'p', username: 'freeflow', url: 'postgresql://freeflow@db:5432/p' },
    mongodb: { host: '::1', port: 27017, database: 'm', url: 'mongodb://[::1]:27017/m' },
    qdrant: { host: 'db', port: 6333, collection: 'q', url: 'http://db:6333' },
  });
  expect(await freeflow(['tenants', 'connect', name, 'keycloak'], env)).toEqual({
    code: 1,
    stdout: '',
    stderr: `${name} has no connection to keycloak.\nIt has: postgres, mongodb, qdrant.\n`,
  });
});

describe('a tenant there is nothing to connect to is refused with 1 and advice', () => {
  const connectRefused = (name: string) => freeflow(['tenants', 'connect', name], env);

  test('one that is unknown, by name or id', async () => {
    for (const name of ['nobody', randomUUID()])
      expect(await connectRefused(name)).toEqual({
        code: 1,
        stdout: '',
        stderr: `There is no tenant ${name}.\nList the tenants with: tenants list\n`,
      });
  });

  test('one that is gone: its name is nobody, its id says what became of it', async () => {
    const { id, name } = await newTenant({ status: 'deleted', goneAt: new Date() });
    expect(await connectRefused(name)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`There is no tenant ${name}.`),
    });
    expect(await connectRefused(id)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${name} is deleted, not active: there is nothing to connect to.\nSee why with: tenants show ${id}\n`,
    });
  });

  test('one that is not active yet, under a name that was used before', async () => {
    const { name } = await newTenant({ status: 'deleted', goneAt: new Date() });
    const { id } = await newTenant({ name, status: 'provisioning' });
    expect(await connectRefused(name)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${name} is provisioning, not active: there is nothing to connect to.\nSee why with: tenants show ${id}\n`,
    });
  });
});

describe('what is wrong with the environment is said with what to do, and no secret in it', () => {
  const url = (change: (it: URL) => void) => {
    const changed = new URL(master.workerUrl);
    change(changed);
    return changed.href;
  };
  const cases: [string, number, () => Record<string, string>, RegExp][] = [
    [
      'nothing runs here',
      4,
      () => ({ MASTER_DATABASE_URL: '', SECRETS_KEY: '', KEYCLOAK_URL: '' }),
      /^No local stack runs\.\nStart one with npm start, or set MASTER_DATABASE_URL, SECRETS_KEY, KEYCLOAK_URL\.\n$/,
    ],
    [
      'half of it',
      2,
      () => ({ SECRETS_KEY: '' }),
      /^SECRETS_KEY is missing; it is needed together with MASTER_DATABASE_URL, KEYCLOAK_URL\nCorrect them, or unset/,
    ],
    [
      'no server answers',
      4,
      () => ({ MASTER_DATABASE_URL: 'postgresql://u:hunter22@127.0.0.1:9/x' }),
      /127\.0\.0\.1:9 can't be reached \(ECONNREFUSED\)\.\n.*stack:status/,
    ],
    [
      'a wrong password',
      1,
      () => ({ MASTER_DATABASE_URL: url((it) => (it.password = 'hunter22')) }),
      /refuses the user or password \(28P01\)\.\nCheck user and password/,
    ],
    [
      'another database',
      1,
      () => ({ MASTER_DATABASE_URL: url((it) => (it.pathname = '/nowhere')) }),
      /nowhere has not been migrated.*\nCheck that MASTER_DATABASE_URL/,
    ],
    [
      "the API's login",
      1,
      () => ({
        MASTER_DATABASE_URL: url(
          (it) => ([it.username, it.password] = ['freeflow_api', master.info.masterDatabase.apiPassword]),
        ),
      }),
      /may not read tenants' secrets\.\nUse a login of the role freeflow_worker/,
    ],
    [
      'what is no database URL, nor any',
      2,
      () => ({ MASTER_DATABASE_URL: 'hunter22', KEYCLOAK_URL: 'https://u:hunter22@sso' }),
      /^MASTER_DATABASE_URL must be .*\nKEYCLOAK_URL must be .*\n/,
    ],
    [
      'what is no key',
      2,
      () => ({ SECRETS_KEY: 'hunter22' }),
      /^SECRETS_KEY must be base64 of exactly 32 bytes .*\nCorrect them/,
    ],
    [
      'another key',
      1,
      () => ({ SECRETS_KEY: Buffer.alloc(32, 'hunter22').toString('base64') }),
      /is wrapped by key [0-9a-f]{16}, which is neither in SECRETS_KEY nor in SECRETS_OLD_KEYS\.\nTake both/,
    ],
  ];

  let name: string;

  beforeAll(async () => {
    const tenant = await newTenant();
    const db = createMasterClient(master.workerUrl, { maxConnections: 1 });
    await createSecretStore(db, readSecretKeys(SECRETS_KEY)).keep(
      { tenantId: tenant.id, backend: 'postgres', name: 'password' },
      'hunter22',
    );
    await db.$disconnect();
    ({ name } = tenant);
  });

  test.each(cases)('%s: exit code %i', async (_what, code, changed, said) => {
    const ended = await freeflow(['tenants', 'connect', name], { ...env, ...changed() });
    expect(ended).toEqual({ code, stdout: '', stderr: expect.stringMatching(said) });
    expect(secretsIn(ended, master.info)).toEqual([]);
    expect(ended.stderr).not.toContain(SECRETS_KEY);
  });
});
