import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { escapeLiteral as literal } from 'pg';
import { readBlueprint, type Blueprint } from '../../backends/blueprint';
import { PostgresServer } from '../../backends/postgres/server';
import { BLUEPRINT_FORMS } from '../../backends/registry';
import { projectRoot } from '../../stack/project';
import { backendOf, entryOf, lastMessageOf, secretsOf, target } from '../../test/field/bench';
import { realmOf } from '../../test/field/keycloak-bench';
import { asSuperuser } from '../../test/field/postgres-tenant';
import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { openMailSink } from '../../test/support/mail-sink';
import { inDatabase } from '../../test/support/master';
import { qdrantAsOwner, withMongo, withPostgres } from '../../test/support/outside';
import { publishBlueprint } from './publish';
import { filesOfVersion } from './stored';
import { filesOfTenant } from './tenant-files';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

const SMTP_PASSWORD = 'a password: "of" mail';
const EXAMPLE = path.join(projectRoot(), 'deploy', 'blueprint');

let harness: ActivityHarness;
let folder: string;
let version = 0;
/** What was published last. */
let last: Blueprint;
beforeAll(async () => {
  harness = await openActivityHarness({
    POSTGRES_BLUEPRINT_TIMEOUT_MS: '2000',
    KEYCLOAK_BLUEPRINT_SMTP_PASSWORD: SMTP_PASSWORD,
  });
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-blueprint-'));
  cpSync(EXAMPLE, folder, { recursive: true });
});
afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true });
});

const database = ({ name }: Tenant) => `freeflow_${name}`;
const read = (): Promise<Blueprint> => readBlueprint(folder, BLUEPRINT_FORMS);

/**
 * Publishes the folder under the next version, with some files changed for it alone; tenants of tests before this one
 * bind it to nothing.
 */
async function publish(files: Record<string, string> = {}, isAlone = true): Promise<void> {
  if (isAlone) await harness.db.tenant.updateMany({ data: { status: 'deleted', goneAt: new Date() } });
  version += 1;
  writeFileSync(path.join(folder, 'blueprint.json'), JSON.stringify({ version }));
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  try {
    await publishBlueprint(harness.db, (last = await read()));
  } catch (error) {
    version -= 1;
    throw error;
  } finally {
    for (const name of Object.keys(files)) rmSync(path.join(folder, name));
    cpSync(EXAMPLE, folder, { recursive: true });
  }
}

/** A tenant whose operation applies the last version, with its resource at some backends. */
async function newTenant(...kinds: BackendKind[]): Promise<Tenant> {
  const tenant = await harness.newTenant();
  await giveVersion(tenant);
  for (const kind of kinds) await harness.run(`${kind}.create`, tenant);
  return tenant;
}

const giveVersion = ({ operationId }: Tenant, blueprintVersion = version) =>
  harness.db.tenantOperation.update({ where: { id: operationId }, data: { blueprintVersion } });

const apply = (tenant: Tenant, kind: BackendKind = 'postgres') => harness.run(`${kind}.apply`, tenant);
const messageOf = (tenant: Tenant, kind: BackendKind = 'postgres') => lastMessageOf(harness, tenant, `${kind}.apply`);

async function asTenant(tenant: Tenant, statements: string) {
  const { password = '' } = await secretsOf(harness, tenant, 'postgres');
  const url = new URL(inDatabase(harness.info.postgres.url, database(tenant)));
  [url.username, url.password] = [`${database(tenant)}_app`, encodeURIComponent(password)];
  return withPostgres(url.href, async (client) => (await client.query<Record<string, unknown>>(statements)).rows);
}

const ownerOf = async (tenant: Tenant) =>
  (
    await asSuperuser(
      harness,
      `SELECT rolcanlogin AS "canLogIn", rolpassword IS NOT NULL AS "hasPassword",
              (SELECT count(*)::int FROM pg_stat_activity WHERE usename = rolname) AS sessions
         FROM pg_authid WHERE rolname = '${database(tenant)}_owner'`,
    )
  )[0];
const SHUT = { canLogIn: false, hasPassword: false, sessions: 0 };

async function drift(tenant: Tenant, kind: BackendKind): Promise<string[]> {
  const files = await filesOfTenant(harness.db, tenant.tenantId, kind, await filesOfVersion(harness.db, version, kind));
  const found = await backendOf(harness, kind).findBlueprintDrift(await target(harness, tenant, kind), files);
  return found.map(({ what }) => what);
}

describe('the example', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    await publish();
    tenant = await newTenant(...BACKEND_KINDS);
    for (const kind of BACKEND_KINDS) await apply(tenant, kind);
  });

  test('is applied at every backend, and the tenant passes its probes', async () => {
    for (const kind of BACKEND_KINDS) {
      expect(await messageOf(tenant, kind)).toContain(`has version ${version} of the blueprint`);
      await harness.run(`${kind}.probe`, tenant);
      expect(await drift(tenant, kind)).toEqual([]);
    }
    const rows = await harness.db.tenantBlueprintFile.findMany({ where: { tenantId: tenant.tenantId } });
    expect(rows).toHaveLength(6);
    expect(rows.every((it) => it.appliedAt !== null && it.version === version)).toBe(true);
  });

  test('at PostgreSQL the tenant uses the tables, which stay the owner’s, and sees nothing of the notes', async () => {
    await asTenant(tenant, `INSERT INTO members (email) VALUES ('A@b.c'); UPDATE settings SET value = '1'`);
    expect(await asTenant(tenant, 'SELECT email FROM members')).toEqual([{ email: 'A@b.c' }]);
    for (const refused of [
      'DROP TABLE members',
      'ALTER TABLE members ADD x int',
      'CREATE TRIGGER t BEFORE INSERT ON members FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
      'SELECT * FROM freeflow.blueprint',
      `INSERT INTO freeflow.blueprint VALUES ('a', gen_random_uuid(), 'b')`,
    ])
      await expect(asTenant(tenant, refused)).rejects.toMatchObject({ code: '42501' });
    expect(await ownerOf(tenant)).toEqual(SHUT);
  });

  test('at MongoDB and Qdrant there is what the files say', async () => {
    await withMongo(harness.info.mongodb.url, async (client) => {
      const documents = client.db(database(tenant)).collection('documents');
      await expect(documents.insertOne({ title: 1 })).rejects.toMatchObject({ code: 121 });
      expect(new Set((await documents.indexes()).map((it) => it.name))).toEqual(
        new Set(['_id_', 'createdAt_-1', 'title_text']),
      );
    });
    const { config, payload_schema: indexed } = await qdrantAsOwner(harness.info).getCollection(
      `${database(tenant)}_vectors`,
    );
    expect(config.params.vectors).toMatchObject({ size: 1536, distance: 'Cosine' });
    expect(Object.keys(indexed).sort()).toEqual(['createdAt', 'documentId']);
    expect(config.quantization_config).toMatchObject({ scalar: { type: 'int8' } });
  });

  test('what is missing of it later shows as drift, and is there once it is applied again', async () => {
    await withMongo(harness.info.mongodb.url, (client) =>
      client.db(database(tenant)).collection('documents').dropIndex('createdAt_-1'),
    );
    await qdrantAsOwner(harness.info).deletePayloadIndex(`${database(tenant)}_vectors`, 'documentId');
    const realm = realmOf(harness, tenant);
    await realm.call('DELETE', '/roles/editor');
    const [web] = await realm.call<{ id: string }[]>('GET', '/clients?clientId=web');
    await realm.call('DELETE', `/clients/${web?.id ?? ''}`);
    await asSuperuser(
      harness,
      `DELETE FROM freeflow.blueprint WHERE path = 'postgres/001-members.sql'`,
      database(tenant),
    );
    expect(await drift(tenant, 'mongodb')).toEqual([
      'by mongodb/documents.json, index createdAt_-1 of collection documents is missing',
    ]);
    expect(await drift(tenant, 'qdrant')).toEqual(['by qdrant.json, the keyword index of field documentId is missing']);
    expect(await drift(tenant, 'keycloak')).toEqual([
      'by keycloak.json, role editor is missing',
      'by keycloak.json, client web is missing',
    ]);
    // What has run once is not run again: what the master database has recorded counts.
    expect(await drift(tenant, 'postgres')).toEqual([expect.stringContaining('no note of postgres/001-members.sql')]);
    for (const kind of BACKEND_KINDS) await apply(tenant, kind);
    for (const kind of ['mongodb', 'qdrant', 'keycloak'] as const) expect(await drift(tenant, kind)).toEqual([]);
    expect(await messageOf(tenant)).not.toContain('applied to');
  });
});

test('a realm sends mail by the server that the blueprint names, as the user it names, with the password of the worker', async () => {
  const sink = await openMailSink('mailer', SMTP_PASSWORD);
  try {
    const smtp = {
      host: '127.0.0.1',
      port: sink.port,
      from: 'noreply@acme.test',
      fromDisplayName: 'Acme',
      starttls: false,
      user: 'mailer',
      password: { variable: 'KEYCLOAK_BLUEPRINT_SMTP_PASSWORD' },
    };
    await publish({ 'keycloak.json': JSON.stringify({ smtp }) });
    const tenant = await newTenant('keycloak');
    await apply(tenant, 'keycloak');
    expect(await messageOf(tenant, 'keycloak')).not.toContain(SMTP_PASSWORD);
    expect(await drift(tenant, 'keycloak')).toEqual([]);
    const realm = realmOf(harness, tenant);
    await realm.call('POST', '/users', { username: 'ada', email: 'ada@acme.test', enabled: true });
    const [ada] = await realm.call<{ id: string }[]>('GET', '/users?username=ada');
    const verify = () => realm.call('PUT', `/users/${ada?.id ?? ''}/send-verify-email`);
    await verify();
    // What a suspension writes back it has read without the password.
    for (const verb of ['disable', 'enable'] as const) await harness.run(`keycloak.${verb}`, tenant);
    await verify();
    const mail = {
      from: 'noreply@acme.test',
      to: ['ada@acme.test'],
      text: expect.stringMatching(/^From: Acme <noreply@acme\.test>\r$[^]*\/login-actions/m) as string,
    };
    expect(sink.mails).toEqual([mail, mail]);
  } finally {
    await sink.close();
  }
});

test('a collection is made with the vectors that the blueprint names, which no later version changes', async () => {
  await publish();
  const vectors = { text: { size: 4, distance: 'Dot' }, image: { size: 8, distance: 'Cosine' } };
  const other = { 'qdrant.json': JSON.stringify({ vectors }) };
  await expect(publish(other)).rejects.toThrow(/qdrant.json: contradicts version \d+: its vectors were 1536 Cosine/);
  const file = { path: 'qdrant.json', content: other['qdrant.json'], checksum: 'other' };
  await harness.db.blueprint.create({ data: { version: 1_000, checksum: 'other', files: [file] } });
  const tenant = await harness.newTenant();
  await giveVersion(tenant, 1_000);
  for (const verb of ['create', 'apply'] as const) await harness.run(`qdrant.${verb}`, tenant);
  const { config } = await qdrantAsOwner(harness.info).getCollection(`${database(tenant)}_vectors`);
  expect(config.params.vectors).toMatchObject(vectors);
  expect(config.metadata).toMatchObject({ freeflowVectors: 'image: 8 Cosine, text: 4 Dot' });
  // A collection that has others is left as it is.
  await giveVersion(tenant);
  await expect(apply(tenant, 'qdrant')).rejects.toMatchObject({ type: 'blueprint-refused' });
  // No process may take one back.
  const master = inDatabase(harness.info.masterDatabaseUrl, harness.database);
  await withPostgres(master, (owner) => owner.query('DELETE FROM "Blueprint" WHERE version = 1000'));
});

test('a file whose attempt died after its commit is not run again: its own token shows that it was', async () => {
  await publish({ 'postgres/100.sql': 'CREATE TABLE once (); ' });
  const tenant = await newTenant('postgres');
  await apply(tenant);
  await harness.db.tenantBlueprintFile.updateMany({ where: { tenantId: tenant.tenantId }, data: { appliedAt: null } });
  await apply(tenant);
  expect(await messageOf(tenant)).toContain('postgres/100.sql had been applied');
  expect(await harness.db.tenantBlueprintFile.count({ where: { tenantId: tenant.tenantId, appliedAt: null } })).toBe(0);
  // Another content under that name is named, even where nobody has heard that it was applied.
  await harness.db.tenantBlueprintFile.updateMany({ where: { tenantId: tenant.tenantId }, data: { appliedAt: null } });
  await publish({ 'postgres/100.sql': 'CREATE TABLE twice ()' });
  await giveVersion(tenant);
  await expect(apply(tenant)).rejects.toMatchObject({ type: 'blueprint-refused' });
  expect(await messageOf(tenant)).toContain('postgres/100.sql: was edited after it was applied');
});

test('a file that may be there, since its attempt died and its operation was given up, is not edited; the next operation finds it', async () => {
  await publish({ 'postgres/110.sql': 'CREATE TABLE begun ()' });
  const tenant = await newTenant('postgres');
  await apply(tenant);
  // It was committed, nobody has heard of it, and then somebody has given it up.
  await harness.db.tenantBlueprintFile.updateMany({ where: { tenantId: tenant.tenantId }, data: { appliedAt: null } });
  const endedAt = new Date();
  await harness.db.tenantOperation.update({
    where: { id: tenant.operationId },
    data: { state: 'rolled_back', endedAt },
  });
  await expect(publish({ 'postgres/110.sql': 'CREATE TABLE other ()' }, false)).rejects.toThrow(
    `postgres/110.sql: was edited, and may have been applied to ${tenant.name}`,
  );
  const { id: operationId } = await harness.db.tenantOperation.create({
    data: { tenantId: tenant.tenantId, kind: 'upgrade', state: 'running', requestedBy: 'test', runId: tenant.runId },
  });
  const next = { ...tenant, operationId };
  await giveVersion(next);
  await apply(next);
  expect(await messageOf(next)).toContain('postgres/110.sql had been applied');
});

test('a file that is certain to have left nothing may be edited, whatever came of its operation', async () => {
  await publish({ 'postgres/110.sql': 'SELECT * FROM nowhere' });
  const tenant = await newTenant('postgres');
  await expect(apply(tenant)).rejects.toMatchObject({ type: 'blueprint-refused' });
  const endedAt = new Date();
  await harness.db.tenantOperation.update({
    where: { id: tenant.operationId },
    data: { state: 'rolled_back', endedAt },
  });
  await publish({ 'postgres/110.sql': 'SELECT 1' }, false);
});

test('a version that a worker without a blueprint has not applied is not recorded for the tenant', async () => {
  await publish();
  const tenant = await newTenant(...BACKEND_KINDS);
  const versionOf = async ({ tenantId }: Tenant) =>
    (await harness.db.tenant.findUniqueOrThrow({ where: { id: tenantId } })).blueprintVersion;
  for (const kind of ['postgres', 'mongodb', 'qdrant'] as const) await apply(tenant, kind);
  await harness.run('activate', tenant);
  expect(await versionOf(tenant)).toBeNull();
  expect(await lastMessageOf(harness, tenant, 'activate')).toContain(`without version ${version} of the blueprint`);
  const whole = await newTenant(...BACKEND_KINDS);
  for (const kind of BACKEND_KINDS) await apply(whole, kind);
  await harness.run('activate', whole);
  expect(await versionOf(whole)).toBe(version);
});

test('a note that is not ours is none: neither does it keep a file from being run, nor is it taken for ours', async () => {
  await publish();
  const tenant = await newTenant('postgres');
  await asSuperuser(harness, `GRANT CREATE ON DATABASE ${database(tenant)} TO ${database(tenant)}_app`);
  await asTenant(
    tenant,
    'CREATE SCHEMA freeflow; CREATE TABLE freeflow.blueprint (path text, token uuid, checksum text)',
  );
  await expect(apply(tenant)).rejects.toMatchObject({ type: 'blueprint-refused' });
  expect(await messageOf(tenant)).toContain('freeflow in database ' + `${database(tenant)} is not the platform's`);
  await asTenant(tenant, 'DROP SCHEMA freeflow CASCADE');
  await apply(tenant);
  const other = await newTenant('postgres');
  await apply(other);
  await harness.db.tenantBlueprintFile.updateMany({
    where: { tenantId: other.tenantId, path: 'postgres/001-members.sql' },
    data: { appliedAt: null, token: '00000000-0000-4000-8000-000000000000' },
  });
  await expect(apply(other)).rejects.toMatchObject({ type: 'blueprint-refused' });
  expect(await messageOf(other)).toContain('which is not ours');
});

test('what a tenant has put in the way runs with the rights of its own owner, and no others', async () => {
  await publish({ 'postgres/100.sql': `CREATE TABLE trapped AS SELECT lower('A'::varchar) AS a;` });
  const tenant = await newTenant('postgres');
  const evil = `evil_${tenant.name}`;
  // More specific than PostgreSQL's own, and so taken before it.
  await asTenant(
    tenant,
    `CREATE FUNCTION app.lower(varchar) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
       EXECUTE 'RESET SESSION AUTHORIZATION'; EXECUTE 'RESET ROLE'; EXECUTE 'CREATE ROLE ${evil} SUPERUSER'; RETURN 'x'; END $$`,
  );
  await expect(apply(tenant)).rejects.toMatchObject({ type: 'blueprint-refused' });
  expect(await messageOf(tenant)).toContain('postgres/100.sql: permission denied to create role (42501)');
  expect(await asSuperuser(harness, `SELECT FROM pg_roles WHERE rolname = '${evil}'`)).toEqual([]);
  expect(await ownerOf(tenant)).toEqual(SHUT);
  // What had been applied before it stays, and is recorded; the file itself has left nothing.
  const rows = await harness.db.tenantBlueprintFile.findMany({ where: { tenantId: tenant.tenantId, appliedAt: null } });
  expect(rows.map(({ path: it }) => it)).toEqual(['postgres/100.sql']);
  await asTenant(tenant, 'DROP FUNCTION app.lower(varchar)');
  await apply(tenant);
  expect(await asTenant(tenant, 'SELECT a FROM trapped')).toEqual([{ a: 'a' }]);
});

const TRAP = { 'postgres/100.sql': `CREATE TABLE trapped AS SELECT lower('A'::varchar) AS a;` };
/** What a tenant can get its owner to do, by a function that is taken before PostgreSQL's own. */
async function byOwner(tenant: Tenant, statement: string): Promise<void> {
  await asTenant(
    tenant,
    `CREATE OR REPLACE FUNCTION app.lower(varchar) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE ${literal(statement)}; RETURN 'x'; END $$`,
  );
  await publish(TRAP, false);
  await giveVersion(tenant);
  await apply(tenant);
}

test.each([
  ['a time-out of transactions', `SET transaction_timeout = '1ms'`],
  ['a time-out of idle sessions', `SET idle_session_timeout = '1ms'`],
  ['a time-out of statements', `SET statement_timeout = '1ms'`],
  ['a library that is not there', `SET local_preload_libraries = 'no_such_library'`],
  ['the end of a session by any error', 'SET exit_on_error = on'],
  ['transactions that only read', 'SET default_transaction_read_only = on'],
])('%s that a trap has set for the database, or the owner, keeps the platform from nothing', async (_, setting) => {
  await publish();
  const tenant = await newTenant('postgres');
  await byOwner(
    tenant,
    `ALTER DATABASE ${database(tenant)} ${setting}; ALTER ROLE ${database(tenant)}_owner ${setting}; ALTER ROLE ${database(tenant)}_owner IN DATABASE ${database(tenant)} ${setting}`,
  );
  await publish({ ...TRAP, 'postgres/120.sql': 'CREATE TABLE after ()' }, false);
  await giveVersion(tenant);
  await apply(tenant);
  expect(await messageOf(tenant)).toContain('postgres/120.sql applied');
  expect(await drift(tenant, 'postgres')).toEqual([]);
  await harness.run('postgres.probe', tenant);
  for (const verb of ['disable', 'enable', 'disable'] as const) await harness.run(`postgres.${verb}`, tenant);
  await harness.run('postgres.drop', tenant);
});

test('what is set for the provisioner itself counts, whatever a trap has set for the database', async () => {
  await publish();
  const tenant = await newTenant('postgres');
  await byOwner(tenant, `ALTER DATABASE ${database(tenant)} SET createrole_self_grant = ''`);
  const server = new PostgresServer(new URL(harness.info.postgres.provisionerUrl), 1);
  const inTenant = await server.inFurtherDatabase(database(tenant), new AbortController().signal, async ({ client }) =>
    client.query<{ value: string }>(`SELECT current_setting('createrole_self_grant') AS value`),
  );
  await server.close();
  expect(inTenant.rows).toEqual([{ value: 'set, inherit' }]);
});

test('what a trap has set for the owner is gone with its session: nothing of it is taken for a note of the platform', async () => {
  await publish();
  const tenant = await newTenant('postgres');
  await byOwner(tenant, `ALTER ROLE ${database(tenant)}_owner SET application_name = 'freeflow: was true -1'`);
  expect(
    await asSuperuser(
      harness,
      `SELECT setconfig FROM pg_db_role_setting WHERE setrole = '${database(tenant)}_owner'::regrole`,
    ),
  ).toEqual([]);
});

describe('the schema of the extensions', () => {
  const SCHEMA_OWNER = `SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'extensions'`;
  const provisioner = () => decodeURIComponent(new URL(harness.info.postgres.provisionerUrl).username);

  test('is the provisioner’s: no trap puts anything there, nor drops it with all that uses it', async () => {
    await publish({ 'postgres/extensions.json': '["pg_trgm"]' });
    const tenant = await newTenant('postgres');
    await apply(tenant);
    expect(await asSuperuser(harness, SCHEMA_OWNER, database(tenant))).toEqual([{ owner: provisioner() }]);
    for (const statement of [
      'DROP SCHEMA extensions CASCADE',
      'CREATE FUNCTION extensions.planted(text) RETURNS text LANGUAGE sql AS $f$ SELECT $1 $f$',
    ])
      await expect(byOwner(tenant, statement)).rejects.toMatchObject({ type: 'blueprint-refused' });
    expect(await messageOf(tenant)).toMatch(/schema extensions \(42501\)|must be owner of schema extensions/);
    expect(await asTenant(tenant, `SELECT extensions.similarity('a', 'a') AS same`)).toEqual([{ same: 1 }]);
  });

  test('with anything in it that no extension has brought, it gets no extension; what was the owner’s is taken over', async () => {
    await publish({ 'postgres/extensions.json': '["pg_trgm"]' });
    const tenant = await newTenant('postgres');
    const owner = `${database(tenant)}_owner`;
    await asSuperuser(
      harness,
      `CREATE SCHEMA extensions AUTHORIZATION ${owner}; SET ROLE ${owner}; CREATE FUNCTION extensions.similarity(varchar, varchar) RETURNS real LANGUAGE sql AS 'SELECT 1::real'`,
      database(tenant),
    );
    await expect(apply(tenant)).rejects.toMatchObject({ type: 'blueprint-refused' });
    expect(await messageOf(tenant)).toMatch(
      /extension pg_trgm is not made: there is function extensions\.similarity\(.*\) in schema extensions of database/,
    );
    await asSuperuser(harness, 'DROP FUNCTION extensions.similarity(varchar, varchar)', database(tenant));
    await apply(tenant);
    expect(await asSuperuser(harness, SCHEMA_OWNER, database(tenant))).toEqual([{ owner: provisioner() }]);
  });

  test('of the tenant’s own making it is left alone, and refused', async () => {
    await publish();
    const tenant = await newTenant('postgres');
    await asSuperuser(harness, `CREATE SCHEMA extensions AUTHORIZATION ${database(tenant)}_app`, database(tenant));
    await expect(apply(tenant)).rejects.toMatchObject({ type: 'blueprint-refused' });
    expect(await messageOf(tenant)).toContain(`extensions in database ${database(tenant)} is not the platform's`);
  });

  test('an extension whose requirement a trap has put where the tenant is at home is refused', async () => {
    await publish({ 'postgres/extensions.json': '["earthdistance"]' });
    const tenant = await newTenant('postgres');
    await asSuperuser(harness, 'CREATE EXTENSION cube SCHEMA app', database(tenant));
    await expect(apply(tenant)).rejects.toMatchObject({ type: 'blueprint-refused' });
    expect(await messageOf(tenant)).toContain('there is extension cube in schema app of database');
  });
});

test('a file that is refused leaves nothing of itself, and is named by its line', async () => {
  await publish({ 'postgres/100.sql': 'CREATE TABLE half ();\n\nINSERT INTO nowhere\nVALUES (1);' });
  const tenant = await newTenant('postgres');
  await expect(apply(tenant)).rejects.toMatchObject({ type: 'blueprint-refused' });
  expect(await messageOf(tenant)).toContain('postgres/100.sql:3: relation "nowhere" does not exist (42P01)');
  await expect(asTenant(tenant, 'SELECT FROM half')).rejects.toMatchObject({ code: '42P01' });
  expect(await ownerOf(tenant)).toEqual(SHUT);
});

test('an extension that the server has not is named, with what to do', async () => {
  await publish({ 'postgres/extensions.json': '["no_such_extension"]' });
  const tenant = await newTenant('postgres');
  await expect(apply(tenant)).rejects.toMatchObject({ type: 'blueprint-refused' });
  expect(await messageOf(tenant)).toMatch(/extensions\.json: extension no_such_extension can't be made: .* Install it/);
  await publish({ 'postgres/extensions.json': '["plpgsql", "pg_trgm"]' });
  await giveVersion(tenant);
  await apply(tenant);
  expect(await drift(tenant, 'postgres')).toEqual([]);
});

test('neither a lock nor a slow statement holds it for long, and nothing of it goes on after that', async () => {
  await publish({ 'postgres/100.sql': 'SELECT pg_sleep(60)' });
  const tenant = await newTenant('postgres');
  await expect(apply(tenant)).rejects.toMatchObject({ type: 'overloaded' });
  expect(await messageOf(tenant)).toContain('a statement took longer than 2000 ms');
  expect(await ownerOf(tenant)).toEqual(SHUT);
});

test('a login that a worker has left open when it died is shut by the next attempt, and by a repair', async () => {
  await publish();
  const tenant = await newTenant('postgres');
  const owner = `${database(tenant)}_owner`;
  await asSuperuser(harness, `ALTER ROLE ${owner} LOGIN PASSWORD 'left'`);
  const { externalId } = await entryOf(harness, tenant, 'postgres');
  expect(externalId).not.toBeNull();
  await harness.run('postgres.create', tenant);
  expect(await ownerOf(tenant)).toMatchObject({ canLogIn: false });
  await asSuperuser(harness, `ALTER ROLE ${owner} LOGIN PASSWORD 'left'`);
  await apply(tenant);
  expect(await ownerOf(tenant)).toEqual(SHUT);
});

test('an index that was given up on its way is made anew, not taken for made', async () => {
  await publish();
  const tenant = await newTenant('postgres');
  await apply(tenant);
  await asSuperuser(
    harness,
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.members_joined_at'::regclass`,
    database(tenant),
  );
  await asSuperuser(harness, `DELETE FROM freeflow.blueprint WHERE path LIKE '%002%'`, database(tenant));
  await harness.db.tenantBlueprintFile.updateMany({
    where: { tenantId: tenant.tenantId, path: 'postgres/002-members-joined.sql' },
    data: { appliedAt: null },
  });
  await apply(tenant);
  expect(
    await asSuperuser(
      harness,
      `SELECT indisvalid FROM pg_index WHERE indexrelid = 'app.members_joined_at'::regclass`,
      database(tenant),
    ),
  ).toEqual([{ indisvalid: true }]);
});

describe('what is published', () => {
  test('is one blueprint a version, which changes only while nobody was given it', async () => {
    await publish();
    expect(await publishBlueprint(harness.db, last)).toBe('known');
    const other = { ...last, checksum: 'other' };
    expect(await publishBlueprint(harness.db, other)).toBe('published-anew');
    await newTenant();
    const changed = { ...other, checksum: 'again', files: other.files.slice(1) };
    await expect(publishBlueprint(harness.db, changed)).rejects.toThrow(
      `keycloak.json: is not what version ${version} was published with; raise "version"`,
    );
  });

  test('refuses a file by name that tenants have and that was edited, or is missing; vectors of another kind too', async () => {
    await publish({ 'postgres/200.sql': 'SELECT 1' });
    await apply(await newTenant('postgres'));
    await expect(publish({}, false)).rejects.toThrow('postgres/200.sql: was applied to tenants, and is missing now');
    await expect(publish({ 'postgres/200.sql': 'SELECT 2' }, false)).rejects.toThrow(
      'postgres/200.sql: was edited after it was applied to tenants; put the change into a new file',
    );
  });
});
