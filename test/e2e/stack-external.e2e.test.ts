import { existsSync } from 'node:fs';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { freePort } from '../../stack/ports';
import { readStackInfo } from '../../stack/stack-info';
import { inDatabase, TEST_STACK } from '../support/master';
import { withMongo, withPostgres } from '../support/outside';
import { newStackDir, outcome, processesIn, removeStackDirs, stack, type Program } from '../support/stack-bench';

const SECRET = 'very-secret-'.repeat(3);

let shared: StackInfo;
let dir: string;
/**
 * Started first of all, since it takes a while until a server counts as dead: one that finds none, one that finds all
 * but the master database.
 */
let dead: Program;
let withoutMaster: Program;
let idleDirs: string[];

beforeAll(async () => {
  shared = readStackInfo(TEST_STACK);
  dir = newStackDir();
  idleDirs = [newStackDir(), newStackDir()];
  const [deadDir = '', masterDir = ''] = idleDirs;
  const at = `127.0.0.1:${await freePort()}`;
  dead = stack('start', deadDir, [], {
    POSTGRES_ADMIN_URL: `postgres://somebody:${SECRET}@${at}/postgres`,
    MONGODB_ADMIN_URL: `mongodb://somebody:${SECRET}@${at}/?authSource=admin`,
    QDRANT_URL: `http://${at}`,
    QDRANT_API_KEY: SECRET,
    KEYCLOAK_URL: `http://${at}`,
    KEYCLOAK_CLIENT_ID: 'somebody',
    KEYCLOAK_CLIENT_SECRET: SECRET,
    TEMPORAL_ADDRESS: at,
  });
  withoutMaster = stack('start', masterDir, [], {
    ...urls(),
    MASTER_DATABASE_URL: `postgres://somebody:${SECRET}@${at}/freeflow_master`,
  });
});
afterAll(() => removeStackDirs(dir, ...idleDirs));

const urls = () => ({
  // Not made by the start of servers, which does not migrate.
  MASTER_DATABASE_URL: inDatabase(shared.masterDatabaseUrl, 'freeflow_master_elsewhere'),
  POSTGRES_ADMIN_URL: shared.postgres.url,
  MONGODB_ADMIN_URL: shared.mongodb.url,
  QDRANT_URL: shared.qdrant.url,
  QDRANT_API_KEY: shared.qdrant.apiKey,
  KEYCLOAK_URL: shared.keycloak.url,
  KEYCLOAK_CLIENT_ID: shared.keycloak.clientId,
  KEYCLOAK_CLIENT_SECRET: shared.keycloak.clientSecret,
  TEMPORAL_ADDRESS: shared.temporal.address,
  TEMPORAL_UI_URL: 'http://temporal-ui.example',
});

describe('with every server named by the environment', () => {
  let program: Program;

  beforeAll(async () => {
    program = stack('start', dir, [], urls());
    await program.prints(/All servers are ready after/);
  });

  test('none is started, and stack.json carries those URLs', () => {
    expect(program.output().match(/^\S+ +ready +external, not started here, \d+\.\d s$/gm)).toHaveLength(5);
    expect(processesIn(dir)).toEqual([program.pid]);
    const env = urls();
    expect(readStackInfo(dir)).toMatchObject({
      masterDatabaseUrl: env.MASTER_DATABASE_URL,
      postgres: { url: env.POSTGRES_ADMIN_URL },
      mongodb: { url: env.MONGODB_ADMIN_URL },
      qdrant: { url: env.QDRANT_URL, apiKey: env.QDRANT_API_KEY },
      keycloak: { url: env.KEYCLOAK_URL, clientId: env.KEYCLOAK_CLIENT_ID, clientSecret: env.KEYCLOAK_CLIENT_SECRET },
      temporal: { address: env.TEMPORAL_ADDRESS, uiUrl: env.TEMPORAL_UI_URL },
      auth: {
        ...shared.auth,
        // The password of another stack's person can't be read, so there is one more.
        person: { username: expect.stringMatching(/^admin-[0-9a-f]{6}$/), password: expect.any(String) },
      },
      processes: {},
    });
  });

  test('what another stack has made in them for its worker keeps its passwords', async () => {
    await withPostgres(shared.postgres.provisionerUrl, (client) => client.query('SELECT 1'));
    await withMongo(shared.mongodb.provisionerUrl, (client) => client.db('admin').command({ connectionStatus: 1 }));
    expect(readStackInfo(dir).keycloak.provisioner).toEqual(shared.keycloak.provisioner);
    expect(program.output()).toContain(
      'PostgreSQL: the provisioner exists with another password; the worker uses POSTGRES_ADMIN_URL itself',
    );
  });

  test('status calls them external; stop ends the program and leaves them alone', async () => {
    const { code, output } = await outcome(stack('status', dir));
    expect(output.match(/^\S+ +external +- +- /gm)).toHaveLength(5);
    expect(output).not.toContain(new URL(shared.postgres.url).password);
    expect(code).toBe(0);
    expect((await outcome(stack('stop', dir))).code).toBe(0);
    expect(await program.ended).toBe(0);
    expect((await withPostgres(shared.postgres.url, (client) => client.query('SELECT 1'))).rowCount).toBe(1);
  });
});

test('every wrong variable is named at once, none of their values shown, and nothing is begun', async () => {
  const untouched = path.join(dir, 'none');
  const { code, output } = await outcome(
    stack('start', untouched, [], {
      MASTER_DATABASE_URL: `mysql://root:${SECRET}@db/x`,
      POSTGRES_ADMIN_URL: SECRET,
      MONGODB_ADMIN_URL: `http://root:${SECRET}@db`,
      QDRANT_URL: 'http://127.0.0.1:1',
      KEYCLOAK_URL: 'nowhere',
      KEYCLOAK_CLIENT_ID: 'somebody',
      TEMPORAL_ADDRESS: 'http://127.0.0.1:7233',
      // Empty counts as unset.
      TEMPORAL_NAMESPACE: '',
      QDRANT_API_KEY: '',
    }),
  );
  expect(code).toBe(1);
  const named = output
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0]);
  expect(new Set(named)).toEqual(
    new Set([
      'MASTER_DATABASE_URL',
      'POSTGRES_ADMIN_URL',
      'MONGODB_ADMIN_URL',
      'QDRANT_API_KEY',
      'KEYCLOAK_URL',
      'KEYCLOAK_CLIENT_SECRET',
      'TEMPORAL_ADDRESS',
    ]),
  );
  expect(output).not.toContain(SECRET);
  expect(existsSync(untouched)).toBe(false);
});

test('a server that refuses the credentials is named with their variables', async () => {
  const { code, output } = await outcome(stack('start', dir, [], { ...urls(), KEYCLOAK_CLIENT_SECRET: 'wrong' }));
  expect(output).toMatch(/^Keycloak \(named by .*KEYCLOAK_CLIENT_SECRET\) could not be set up: .*401/m);
  expect(code).toBe(1);
});

test('every server that does not answer is named with the variable that names it, without its password', async () => {
  expect(await dead.ended).toBe(1);
  const output = dead.output();
  for (const variable of [
    'POSTGRES_ADMIN_URL',
    'MONGODB_ADMIN_URL',
    'QDRANT_URL',
    'KEYCLOAK_URL',
    'TEMPORAL_ADDRESS',
  ]) {
    expect(output).toMatch(
      new RegExp(
        `^[A-Z]\\w+ \\(named by ${variable}.*\\) does not answer: .*(ECONNREFUSED|No Temporal server answers)`,
        'm',
      ),
    );
  }
  expect(output).not.toContain(SECRET);
});

test('a master database on a server that does not answer is named with its variable', async () => {
  expect(await withoutMaster.ended).toBe(1);
  expect(withoutMaster.output()).toMatch(
    /^The master database \(named by MASTER_DATABASE_URL\) does not answer: .*ECONNREFUSED/m,
  );
  expect(withoutMaster.output()).not.toContain(SECRET);
  expect(idleDirs.flatMap(processesIn)).toEqual([]);
});
