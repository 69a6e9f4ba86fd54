import { doctor, failures, those } from '../../test/support/doctor';
import { inDatabase } from '../../test/support/master';
import { asKeycloakAdmin } from '../../test/support/outside';
import {
  asMongo,
  asPostgres,
  clientOf,
  openProvisionerBench,
  type ProvisionerBench,
} from '../../test/support/provisioner-bench';

let bench: ProvisionerBench;
/** What the worker would log in by, of all three provisioners. */
let env: Record<string, string>;

beforeAll(async () => {
  bench = await openProvisionerBench();
  const { stdout } = await bench.setUp(Object.assign({}, ...Object.values(bench.owners)), '--json');
  env = {
    ...(JSON.parse(stdout) as { env: Record<string, string> }).env,
    KEYCLOAK_URL: bench.info.keycloak.url,
    MASTER_DATABASE_URL: inDatabase(bench.info.masterDatabase.workerUrl, bench.masterDatabase),
  };
});
afterAll(() => bench.drop());

/** The checks of the backends; the master database of this bench has no tables. */
const runChecks = async () => {
  const { code, lines } = await doctor(bench, env);
  return {
    code,
    failing: Object.fromEntries(Object.entries(failures(lines)).filter(([check]) => !check.startsWith('master.'))),
    lines,
  };
};

const RIGHTS = [
  'postgres.provisioner',
  'postgres.closed',
  'mongodb.provisioner',
  'keycloak.token',
  'keycloak.create-realm',
  'keycloak.no-admin',
];

test('provisioners as the set-up makes them are well', async () => {
  const { lines, failing } = await runChecks();
  expect(failing).toEqual({});
  expect(those(lines, 'ok')).toEqual(expect.arrayContaining(RIGHTS));
});

describe('rights that were taken or added, at every backend at once', () => {
  const setRole = async (change: 'POST' | 'DELETE', role: string) => {
    const { body } = await asKeycloakAdmin(bench.info, 'GET', `/admin/realms/master/roles/${role}`);
    await asKeycloakAdmin(bench.info, change, `${(await clientOf(bench.info, bench.names.keycloak))?.roles}/realm`, [
      body,
    ]);
  };
  const setTokens = async (isSmall: boolean) => {
    const path = `/admin/realms/master/clients/${(await clientOf(bench.info, bench.names.keycloak))?.id}`;
    const { body } = await asKeycloakAdmin(bench.info, 'GET', path);
    await asKeycloakAdmin(bench.info, 'PUT', path, {
      ...(body as object),
      attributes: { 'client.use.lightweight.access.token.enabled': String(isSmall) },
    });
  };
  const everywhere = { db: '', collection: '' };
  /** What is changed; what the doctor then says; the set-up repairs it afterwards. */
  const cases: [string, () => Promise<unknown>, () => Record<string, RegExp>][] = [
    [
      'too few',
      async () => {
        await asPostgres(
          bench.info,
          `ALTER ROLE ${bench.name} NOCREATEDB NOCREATEROLE; ALTER ROLE ${bench.name} RESET createrole_self_grant; GRANT CONNECT ON DATABASE ${bench.masterDatabase} TO PUBLIC`,
        );
        await asMongo(bench.info, {
          revokePrivilegesFromRole: bench.names.mongodb.role,
          privileges: [{ resource: everywhere, actions: ['dropUser'] }],
        });
        await setRole('DELETE', 'create-realm');
        await setTokens(false);
      },
      () => ({
        'postgres.provisioner': new RegExp(
          `^role ${bench.name} should be CREATEDB, CREATEROLE; createrole_self_grant is not 'set, inherit'$`,
        ),
        'postgres.closed': new RegExp(`may connect to ${bench.masterDatabase}$`),
        'mongodb.provisioner': /^may not dropUser in every database$/,
        'keycloak.token': /^its token has the claim realm_access, and grows by each realm/,
        'keycloak.create-realm': /^may not create realms$/,
      }),
    ],
    [
      'too many',
      async () => {
        await asPostgres(bench.info, `ALTER ROLE ${bench.name} SUPERUSER; GRANT pg_read_all_data TO ${bench.name}`);
        await asMongo(bench.info, { grantRolesToUser: bench.names.mongodb.user, roles: ['root'] });
        await setRole('POST', 'admin');
      },
      () => ({
        'postgres.provisioner': new RegExp(
          `^role ${bench.name} should be NOSUPERUSER; it is a member of pg_read_all_data$`,
        ),
        'mongodb.provisioner': /^has the roles \w+, root; may .*, which it needn't; .* and \d+ more$/,
        'keycloak.no-admin': /it is an administrator$/,
      }),
    ],
  ];
  test.each(cases)('%s', async (_what, change, said) => {
    await change();
    const { code, failing, lines } = await runChecks();
    expect({ code, failing }).toEqual({
      code: 1,
      failing: Object.fromEntries(Object.entries(said()).map(([check, seen]) => [check, expect.stringMatching(seen)])),
    });
    for (const check of Object.keys(failing)) expect(lines[check]?.advice).toContain('freeflow setup backends');
    await bench.setUp(Object.assign({}, ...Object.values(bench.owners)));
    expect((await runChecks()).failing).toEqual({});
  });
});
