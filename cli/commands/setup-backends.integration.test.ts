import { secretsIn } from '../../test/support/freeflow';
import { asKeycloakAdmin, withMongo, withPostgres } from '../../test/support/outside';
import {
  asMongo,
  asPostgres,
  clientOf,
  openProvisionerBench,
  type ProvisionerBench,
} from '../../test/support/provisioner-bench';

let bench: ProvisionerBench;
let everyOwner: Record<string, string>;
let firstRun: Awaited<ReturnType<ProvisionerBench['setUp']>>;
/** What --print-env printed when the provisioners were new. */
let env: Record<string, string>;

beforeAll(async () => {
  bench = await openProvisionerBench();
  everyOwner = Object.assign({}, ...Object.values(bench.owners));
  firstRun = await bench.setUpAsProcess(everyOwner, '--print-env');
  env = Object.fromEntries([...firstRun.stdout.matchAll(/^(\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
});
afterAll(() => bench.drop());

/** Logs in everywhere by the worker's variables and says who one is. */
async function whoIs({
  POSTGRES_ADMIN_URL = '',
  MONGODB_ADMIN_URL = '',
  KEYCLOAK_CLIENT_ID: clientId = '',
  KEYCLOAK_CLIENT_SECRET: clientSecret = '',
}: Record<string, string>) {
  const { info } = bench;
  const [postgres, mongodb, keycloak] = await Promise.all([
    withPostgres(
      POSTGRES_ADMIN_URL,
      async (client) => (await client.query<{ who: string }>('SELECT current_user AS who')).rows[0]?.who,
    ),
    withMongo(
      MONGODB_ADMIN_URL,
      async (client) =>
        (
          (await client.db('admin').command({ connectionStatus: 1 })) as unknown as {
            authInfo: { authenticatedUserRoles: unknown };
          }
        ).authInfo.authenticatedUserRoles,
    ),
    asKeycloakAdmin(
      { ...info, keycloak: { ...info.keycloak, clientId, clientSecret } },
      'GET',
      '/admin/realms/master/users',
    ),
  ]);
  return { postgres, mongodb, keycloak: keycloak.status };
}

const asThemselves = () => ({
  postgres: bench.name,
  mongodb: [{ role: bench.names.mongodb.role, db: 'admin' }],
  keycloak: 403,
});
const wellDone = { code: 0, stderr: '' };

test('the first run makes all three, and --print-env alone prints what they log in by', async () => {
  expect(firstRun.code).toBe(0);
  // Each is printed once it is set: nothing is lost with a run that is interrupted.
  expect(Object.keys(env).sort()).toEqual([
    'KEYCLOAK_CLIENT_ID',
    'KEYCLOAK_CLIENT_SECRET',
    'MONGODB_ADMIN_URL',
    'POSTGRES_ADMIN_URL',
  ]);
  expect(firstRun.stdout.trimEnd().split('\n')).toHaveLength(4);
  const {
    name,
    names: { mongodb, keycloak },
  } = bench;
  for (const line of [
    `  role ${name} created`,
    `  role ${mongodb.role} created`,
    `  user ${mongodb.user} created, with that role`,
    `  client ${keycloak} created in realm master`,
  ])
    expect(firstRun.stderr.split('\n')).toContain(line);
  expect(await whoIs(env)).toEqual(asThemselves());
  expect(firstRun.stderr).not.toContain(new URL(env['POSTGRES_ADMIN_URL'] ?? '').password);
});

test('repeated it finds all as it should be, shows no secret, and keeps every password', async () => {
  const again = await bench.setUp(everyOwner);
  expect(again).toMatchObject(wellDone);
  expect(again.stdout.match(/^ {2}no change needed$/gm)).toHaveLength(3);
  expect(again.stdout).toMatch(/^Qdrant\n {2}has nothing narrower than its API key/m);
  const secrets = [
    new URL(env['POSTGRES_ADMIN_URL'] ?? '').password,
    new URL(env['MONGODB_ADMIN_URL'] ?? '').password,
    env['KEYCLOAK_CLIENT_SECRET'] ?? '',
  ];
  expect(secrets.filter((secret) => again.stdout.includes(secret))).toEqual([]);
  expect(secretsIn(again, bench.info)).toEqual([]);
  expect(await whoIs(env)).toEqual(asThemselves());
});

test('a password that was kept is not printed, and how to get another one is said; Keycloak tells its own', async () => {
  const again = await bench.setUp(everyOwner, '--print-env');
  expect(again).toMatchObject({
    code: 0,
    stdout: `KEYCLOAK_CLIENT_ID='${bench.names.keycloak}'\nKEYCLOAK_CLIENT_SECRET='${env['KEYCLOAK_CLIENT_SECRET']}'\n`,
  });
  expect(
    again.stderr.match(/it has kept its password, .* set PROVISIONER_(POSTGRES|MONGODB)_PASSWORD and repeat/g),
  ).toHaveLength(2);
});

test('a password that was given is set, whatever characters it has, and setting it again changes nothing', async () => {
  const password = `it's 100%25 "\\ ok@:/?#&`;
  const given = {
    ...everyOwner,
    PROVISIONER_POSTGRES_PASSWORD: password,
    PROVISIONER_MONGODB_PASSWORD: password,
    PROVISIONER_KEYCLOAK_SECRET: password,
  };
  const set = await bench.setUp(given, '--json');
  expect(set).toMatchObject(wellDone);
  const answer = JSON.parse(set.stdout) as { backends: Record<string, { did: string[] }>; env: Record<string, string> };
  expect(Object.values(answer.backends).map(({ did }) => did)).toEqual([
    [expect.stringMatching(/password given/)],
    [expect.stringMatching(/password given/)],
    [expect.stringMatching(/secret given/)],
  ]);
  expect(await whoIs(answer.env)).toEqual(asThemselves());
  const repeated = await bench.setUp(given);
  expect(repeated.stdout.match(/^ {2}no change needed$/gm)).toHaveLength(3);
  expect(repeated.stdout).not.toContain(password);
});

describe('what was changed about a provisioner is repaired by repeating, and said', () => {
  const postgres = (statement: (name: string, database: string) => string) => () =>
    asPostgres(bench.info, statement(bench.name, bench.masterDatabase));
  const mongodb = (command: (name: { user: string; role: string }) => Record<string, unknown>) => () =>
    asMongo(bench.info, command(bench.names.mongodb));
  const keycloak = (change: 'POST' | 'DELETE', role: string) => async () => {
    const roles = await asKeycloakAdmin(bench.info, 'GET', `/admin/realms/master/roles/${role}`);
    await asKeycloakAdmin(bench.info, change, `${(await clientOf(bench.info, bench.names.keycloak))?.roles}/realm`, [
      roles.body,
    ]);
  };
  const everywhere = { db: '', collection: '' };
  const cases: [string, keyof ProvisionerBench['owners'], () => Promise<unknown>, RegExp][] = [
    ['CREATEDB taken away', 'postgres', postgres((name) => `ALTER ROLE ${name} NOCREATEDB`), /is CREATEDB again/],
    [
      'LOGIN and CREATEROLE taken away',
      'postgres',
      postgres((name) => `ALTER ROLE ${name} NOLOGIN NOCREATEROLE`),
      /is LOGIN, CREATEROLE again/,
    ],
    [
      'made a superuser that bypasses row security',
      'postgres',
      postgres((name) => `ALTER ROLE ${name} SUPERUSER BYPASSRLS`),
      /is NOSUPERUSER, NOBYPASSRLS again/,
    ],
    [
      'its self-grant reset',
      'postgres',
      postgres((name) => `ALTER ROLE ${name} RESET createrole_self_grant`),
      /createrole_self_grant/,
    ],
    [
      'made a member of a role of the server',
      'postgres',
      postgres((name) => `GRANT pg_read_all_data TO ${name} WITH ADMIN OPTION`),
      /no member of pg_read_all_data any more/,
    ],
    [
      'made a member of the owner',
      'postgres',
      postgres((name) => `GRANT ${new URL(bench.info.postgres.url).username} TO ${name}`),
      /no member of postgres any more/,
    ],
    [
      'CONNECT on the master database given to everybody',
      'postgres',
      postgres((_name, database) => `GRANT CONNECT ON DATABASE ${database} TO PUBLIC`),
      /is closed to every role/,
    ],
    [
      'CONNECT on postgres taken away',
      'postgres',
      postgres((name) => `REVOKE CONNECT ON DATABASE postgres FROM ${name}`),
      /may connect to database postgres/,
    ],
    [
      'an action taken away',
      'mongodb',
      mongodb(({ role }) => ({
        revokePrivilegesFromRole: role,
        privileges: [{ resource: everywhere, actions: ['dropUser'] }],
      })),
      /may again: dropUser in every database/,
    ],
    [
      'an action added',
      'mongodb',
      mongodb(({ role }) => ({
        grantPrivilegesToRole: role,
        privileges: [{ resource: { cluster: true }, actions: ['shutdown'] }],
      })),
      /may no longer: shutdown on the cluster/,
    ],
    [
      'its role made to inherit root',
      'mongodb',
      mongodb(({ role }) => ({ grantRolesToRole: role, roles: ['root'] })),
      /may no longer: all that root of admin may/,
    ],
    [
      'made root',
      'mongodb',
      mongodb(({ user }) => ({ grantRolesToUser: user, roles: ['root'] })),
      /no longer the role root of admin/,
    ],
    [
      'its role taken from it',
      'mongodb',
      mongodb(({ user }) => ({ updateUser: user, roles: [] })),
      /has its role again/,
    ],
    ['create-realm taken away', 'keycloak', keycloak('DELETE', 'create-realm'), /may create realms/],
    ['made an administrator', 'keycloak', keycloak('POST', 'admin'), /no longer the role admin/],
  ];
  test.each(cases)('%s', async (_what, backend, change, said) => {
    await change();
    const repaired = await bench.setUp(bench.owners[backend]);
    expect(repaired).toMatchObject({ ...wellDone, stdout: expect.stringMatching(said) });
  });

  test('after all that nothing is left to repair', async () => {
    expect((await bench.setUp(everyOwner)).stdout.match(/^ {2}no change needed$/gm)).toHaveLength(3);
  });
});

describe('who lacks the rights, or is not who they say, is told so', () => {
  const nobody = () => `${bench.name.replace('_provisioner', '')}_nobody`;
  beforeAll(async () => {
    await asPostgres(
      bench.info,
      `CREATE ROLE ${nobody()} LOGIN PASSWORD 'hunter22'; GRANT CONNECT ON DATABASE postgres TO ${nobody()}`,
    );
    await asMongo(bench.info, { createUser: nobody(), pwd: 'hunter22', roles: ['readWriteAnyDatabase'] });
  });
  afterAll(async () => {
    await asPostgres(bench.info, `DROP OWNED BY ${nobody()}; DROP ROLE ${nobody()}`);
    await asMongo(bench.info, { dropUser: nobody() });
  });
  const as = (url: string, user: string, password = 'hunter22') =>
    Object.assign(new URL(url), { username: user, password }).href;

  test('an owner without rights, at each backend by the rights that are missing', async () => {
    const {
      info,
      names: { keycloak },
    } = bench;
    const { value: secret } = (
      await asKeycloakAdmin(
        info,
        'GET',
        `/admin/realms/master/clients/${(await clientOf(info, keycloak))?.id}/client-secret`,
      )
    ).body as { value: string };
    const ended = await bench.setUp(
      {
        POSTGRES_OWNER_URL: as(info.postgres.url, nobody()),
        MONGODB_OWNER_URL: as(info.mongodb.url, nobody()),
        KEYCLOAK_URL: info.keycloak.url,
        KEYCLOAK_OWNER_CLIENT_ID: keycloak,
        KEYCLOAK_OWNER_CLIENT_SECRET: secret,
      },
      '--name',
      'never_provisioner',
    );
    expect(ended.code).toBe(1);
    for (const said of [
      /failed: PostgreSQL: permission denied.*\n.*must be a superuser/,
      /failed: MongoDB: not authorized to run rolesInfo in database admin\n.*root is/,
      /failed: Keycloak answers 403.*\n.*role admin/,
    ])
      expect(ended.stderr).toMatch(said);
    expect(secretsIn(ended, info)).toEqual([]);
  });

  test('wrong passwords, by the variables to check', async () => {
    const { info } = bench;
    const ended = await bench.setUp({
      POSTGRES_OWNER_URL: as(info.postgres.url, nobody(), 'hunter23'),
      MONGODB_OWNER_URL: as(info.mongodb.url, nobody(), 'hunter23'),
      ...bench.owners.keycloak,
      KEYCLOAK_OWNER_CLIENT_SECRET: 'hunter23',
    });
    expect(ended.code).toBe(1);
    for (const said of [
      'Check POSTGRES_OWNER_URL.',
      'Check MONGODB_OWNER_URL.',
      'Check KEYCLOAK_URL, KEYCLOAK_OWNER_CLIENT_ID, KEYCLOAK_OWNER_CLIENT_SECRET.',
    ])
      expect(ended.stderr).toContain(said);
    expect(ended.stderr).not.toContain('hunter23');
  });

  test('an owner who may make roles but owns no database of others: it is made, and the open database is named', async () => {
    const { info, masterDatabase } = bench;
    await asPostgres(
      info,
      `ALTER ROLE ${nobody()} CREATEDB CREATEROLE; GRANT CONNECT ON DATABASE ${masterDatabase} TO PUBLIC`,
    );
    const other = nobody().replace('_nobody', '_other_provisioner');
    try {
      const ended = await bench.setUp({ POSTGRES_OWNER_URL: as(info.postgres.url, nobody()) }, '--name', other);
      expect(ended).toMatchObject({ ...wellDone, stdout: expect.stringMatching(`role ${other} created`) });
      expect(ended.stdout).toContain(
        'its password was generated, and is shown by --print-env and --json only; to choose one, set PROVISIONER_POSTGRES_PASSWORD and repeat',
      );
      expect(ended.stdout).toContain(
        `warning: every role may still connect to database ${masterDatabase}; its owner should run: REVOKE CONNECT ON DATABASE "${masterDatabase}" FROM PUBLIC`,
      );
      // PUBLIC is out of postgres already, and who does not own that database can't let anybody in.
      expect(ended.stdout).toContain(
        `warning: role ${other} can't log in from here: permission denied for database "postgres"`,
      );
    } finally {
      await asPostgres(info, `DROP ROLE IF EXISTS ${other}; REVOKE CONNECT ON DATABASE ${masterDatabase} FROM PUBLIC`);
    }
  });
});

test('servers that do not answer end with 4, though others are set up all the same', async () => {
  const ended = await bench.setUpAsProcess({
    POSTGRES_OWNER_URL: 'postgresql://u:hunter22@127.0.0.1:9/',
    KEYCLOAK_URL: 'http://127.0.0.1:9',
    KEYCLOAK_OWNER_CLIENT_ID: 'u',
    KEYCLOAK_OWNER_CLIENT_SECRET: 'hunter22',
    ...bench.owners.mongodb,
  });
  expect(ended).toMatchObject({ code: 4, stdout: expect.stringMatching(/^MongoDB at .*\n {2}no change needed/) });
  expect(ended.stderr).toMatch(
    /^PostgreSQL at 127\.0\.0\.1:9, .*\n {2}failed: .*ECONNREFUSED.*\n.*\nKeycloak at .*\n {2}failed: .*\n/,
  );
  expect(secretsIn(ended, bench.info)).toEqual([]);
});

test('backends whose variables are not set are left out, by name', async () => {
  const ended = await bench.setUp({ ...bench.owners.mongodb, POSTGRES_OWNER_URL: '' });
  expect(ended.stdout).toContain(
    'Left out: PostgreSQL (without POSTGRES_OWNER_URL); Keycloak (without KEYCLOAK_URL, KEYCLOAK_OWNER_CLIENT_ID, KEYCLOAK_OWNER_CLIENT_SECRET)',
  );
});

describe('wrong usage ends with 2 before anything is begun, and repeats no value', () => {
  const cases: [string, Record<string, string>, string[], RegExp][] = [
    [
      'no variable at all',
      {},
      [],
      /^Nothing to set up: none of POSTGRES_OWNER_URL, MONGODB_OWNER_URL, KEYCLOAK_URL, KEYCLOAK_OWNER_CLIENT_ID, KEYCLOAK_OWNER_CLIENT_SECRET is set\./,
    ],
    [
      'all that is missing or wrong',
      {
        POSTGRES_OWNER_URL: 'mysql://hunter22',
        MONGODB_OWNER_URL: 'mongodb://u:hunter22',
        PROVISIONER_POSTGRES_PASSWORD: 'hünter22',
        KEYCLOAK_URL: 'http://u:hunter22@kc',
        PROVISIONER_KEYCLOAK_SECRET: 'hunter22',
      },
      [],
      /^KEYCLOAK_URL must be .*\nKEYCLOAK_OWNER_CLIENT_ID is missing.*\nKEYCLOAK_OWNER_CLIENT_SECRET is missing/m,
    ],
    [
      'and of the first ones too',
      {
        POSTGRES_OWNER_URL: 'mysql://hunter22',
        MONGODB_OWNER_URL: 'mongodb://u:hunter22',
        PROVISIONER_POSTGRES_PASSWORD: 'hünter22',
      },
      [],
      /^POSTGRES_OWNER_URL must be .*\nPROVISIONER_POSTGRES_PASSWORD must be .*\nMONGODB_OWNER_URL must be .*\n/,
    ],
    [
      'a password without its owner',
      { PROVISIONER_MONGODB_PASSWORD: 'hunter22' },
      [],
      /^MONGODB_OWNER_URL is missing; it is needed together with PROVISIONER_MONGODB_PASSWORD$/m,
    ],
    [
      'the name of an owner',
      { POSTGRES_OWNER_URL: 'postgresql://u:hunter22@127.0.0.1:9/' },
      ['--name', 'postgres'],
      /^--name must be /,
    ],
  ];
  test.each(cases)('%s', async (_what, variables, args, said) => {
    const ended = await bench.setUp(variables, ...args);
    expect(ended).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(said) });
    expect(ended.stderr).not.toMatch(/h[uü]nter22/);
  });
});
