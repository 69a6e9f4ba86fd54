import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import { QdrantClient } from '@qdrant/js-client-rest';
import { decodeJwt } from 'jose';
import { freeflow } from '../support/freeflow';
import { freeflowHere } from '../support/freeflow-here';
import type { TestInstallation } from '../support/installation';
import { withMongo, withPostgres } from '../support/outside';

/** What `tenants connect` shows of an active tenant, in an ordinary installation. */
export function describeConnect(given: () => TestInstallation, tenant: Readonly<{ id: string; name: string }>): void {
  type Shown = Record<string, Record<string, string>>;

  let installation: TestInstallation;
  let env: Record<string, string>;
  let shown: Shown;

  beforeAll(async () => {
    installation = given();
    env = {
      MASTER_DATABASE_URL: installation.workerMasterUrl,
      SECRETS_KEY: installation.info.secretsKey,
      KEYCLOAK_URL: installation.info.keycloak.url,
      FREEFLOW_STACK_DIR: '/nonexistent',
    };
    shown = await connect(tenant.name);
  });

  const connect = async (...args: string[]): Promise<Shown> => {
    const { code, stdout, stderr } = await freeflowHere(['tenants', 'connect', ...args, '--json'], env);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Shown;
  };

  const field = (backend: string, name: string): string => shown[backend]?.[name] ?? '';

  describe("each backend lets the tenant's application in by what is printed", () => {
    test('PostgreSQL, by the URL alone', async () => {
      const { rows } = await withPostgres(field('postgres', 'url'), async (client) => {
        await client.query('CREATE TABLE things (n int); INSERT INTO things VALUES (42)');
        return client.query('SELECT n, current_database() AS database, current_user AS username FROM things');
      });
      expect(rows).toEqual([
        { n: 42, database: field('postgres', 'database'), username: field('postgres', 'username') },
      ]);
      expect(field('postgres', 'database')).toBe(`freeflow_${tenant.name}`);
    });

    test('MongoDB, by the URL alone', async () => {
      const found = await withMongo(field('mongodb', 'url'), async (client) => {
        await client.db().collection('things').insertOne({ n: 42 });
        return [
          client.db().databaseName,
          await client
            .db()
            .collection('things')
            .findOne({}, { projection: { _id: 0 } }),
        ];
      });
      expect(found).toEqual([`freeflow_${tenant.name}`, { n: 42 }]);
    });

    test('Qdrant, by URL and API key, to its collection and no other', async () => {
      const [url, apiKey, collection] = [
        field('qdrant', 'url'),
        field('qdrant', 'apiKey'),
        field('qdrant', 'collection'),
      ];
      const client = new QdrantClient({ url, apiKey, checkCompatibility: false });
      const id = randomUUID();
      await client.upsert(collection, {
        wait: true,
        points: [{ id, vector: Array.from({ length: 1536 }, () => 0.5), payload: { n: 42 } }],
      });
      expect(await client.retrieve(collection, { ids: [id] })).toMatchObject([{ id, payload: { n: 42 } }]);
      await expect(client.getCollection('freeflow_decoy')).rejects.toMatchObject({ status: 403 });
    });

    test('Keycloak, by client id and secret, in the realm of the printed issuer', async () => {
      const client = new KeycloakAdminClient({
        baseUrl: field('keycloak', 'url'),
        realmName: field('keycloak', 'realm'),
      });
      await client.auth({
        grantType: 'client_credentials',
        clientId: field('keycloak', 'clientId'),
        clientSecret: field('keycloak', 'clientSecret'),
      });
      expect(decodeJwt(client.accessToken ?? '')).toMatchObject({
        iss: field('keycloak', 'issuer'),
        azp: 'freeflow-app',
      });
    });

    test("Keycloak's first administrator, who is made to choose a password of their own", async () => {
      const logIn = async (password: string) => {
        const response = await fetch(`${field('keycloak', 'issuer')}/protocol/openid-connect/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'password',
            client_id: 'admin-cli',
            username: field('keycloak', 'adminUsername'),
            password,
          }),
        });
        return ((await response.json()) as { error_description: string }).error_description;
      };
      // Keycloak reports that only to a client with the password.
      expect(await logIn(field('keycloak', 'adminPassword'))).toBe('Account is not fully set up');
      expect(await logIn('hunter22')).toBe('Invalid user credentials');
      expect((await fetch(field('keycloak', 'adminConsole'))).status).toBe(200);
    });
  });

  test('by id, in capitals too, it shows the same as by name', async () => {
    const [byId, byCapitals] = await Promise.all([connect(tenant.id), connect(tenant.id.toUpperCase())]);
    expect(byId).toEqual(shown);
    expect(byCapitals).toEqual(shown);
  });

  test.each(['qdrant', 'keycloak'])('asked for %s it shows no other', async (backend) => {
    expect(Object.keys(shown)).toHaveLength(4);
    expect(await connect(tenant.name, backend)).toEqual({ [backend]: shown[backend] });
  });

  test('without --json it shows the same, for reading', async () => {
    const { code, stdout } = await freeflow(['tenants', 'connect', tenant.name], env);
    expect(code).toBe(0);
    const lines = stdout.split('\n').map((line) => line.trim().split(/ +/));
    for (const [backend, fields] of Object.entries(shown)) {
      expect(lines).toContainEqual([backend]);
      for (const [name, value] of Object.entries(fields)) expect(lines).toContainEqual([name, String(value)]);
    }
  });

  test('without an environment it reads the stack.json of the stack that runs here', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-cli-'));
    try {
      const { masterDatabase } = installation.info;
      writeFileSync(
        path.join(dir, 'stack.json'),
        JSON.stringify({
          ...installation.info,
          masterDatabase: { ...masterDatabase, workerUrl: installation.workerMasterUrl },
        }),
      );
      const { stdout } = await freeflow(['tenants', 'connect', tenant.name, '--json'], { FREEFLOW_STACK_DIR: dir });
      expect(JSON.parse(stdout)).toEqual(shown);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('an old key among SECRETS_OLD_KEYS is enough', async () => {
    const { code, stdout } = await freeflowHere(['tenants', 'connect', tenant.name, '--json'], {
      ...env,
      SECRETS_KEY: Buffer.alloc(32, 'new').toString('base64'),
      SECRETS_OLD_KEYS: installation.info.secretsKey,
    });
    expect({ code, shown: JSON.parse(stdout) as Shown }).toEqual({ code: 0, shown });
  });
}
