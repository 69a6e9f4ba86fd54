import { decodeJwt } from 'jose';
import { newName } from '../support/activity-harness';
import type { Ended } from '../support/freeflow';
import { freeflowHere } from '../support/freeflow-here';
import { openTestInstallation, type TestInstallation, type Running } from '../support/installation';
import { asKeycloakAdmin, withMongo, withPostgres } from '../support/outside';
import { inShort, reconcileIn } from '../support/reconciler';
import { change, createTenant, deleteTenant, type Tenant } from '../support/tenants';
import { makeCertificates, type Certificates } from './certificates';
import { askHttps } from './https';
import { openTlsProxy, type TlsProxy } from './tls-proxy';

type Shown = Record<string, Record<string, string>>;

/** Made first: a product and a tenant, which takes a busy machine longer than a test may. */
const START_MS = 300_000;

let installation: TestInstallation;
let worker: Running;
let tenant: Tenant;
let certificates: Certificates;
let proxy: TlsProxy;

beforeAll(async () => {
  [installation, certificates] = await Promise.all([openTestInstallation({ worker: false }), makeCertificates()]);
  proxy = await openTlsProxy(installation.info.qdrant.url, certificates, '/qdrant');
  worker = await installation.startWorker();
  tenant = await createTenant(installation, newName());
}, START_MS);
afterAll(async () => {
  await deleteTenant(installation, tenant.id);
  await Promise.all([installation.close(), proxy.close()]);
  certificates.close();
});

const connect = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  freeflowHere(['tenants', 'connect', tenant.name, ...args], {
    MASTER_DATABASE_URL: installation.workerMasterUrl,
    SECRETS_KEY: installation.info.secretsKey,
    KEYCLOAK_URL: installation.info.keycloak.url,
    FREEFLOW_STACK_DIR: '/nonexistent',
    ...env,
  });

async function shown(env: Record<string, string> = {}): Promise<Shown> {
  const { stdout, stderr } = await connect(['--json'], env);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Shown;
}

/** The same server by its other name. */
const byName = (url: string): string => url.replace('127.0.0.1', 'localhost');

describe('Keycloak', () => {
  const setFrontend = (url: string) =>
    asKeycloakAdmin(installation.info, 'PUT', `/admin/realms/freeflow-${tenant.name}`, {
      attributes: { frontendUrl: url },
    });
  const issuedBy = async ({ tokenUrl = '', clientId = '', clientSecret = '' }: Record<string, string> = {}) => {
    const answer = await fetch(tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
    });
    return decodeJwt(((await answer.json()) as { access_token: string }).access_token).iss;
  };

  test("the printed issuer is the one in the realm's tokens, also where the realm has a front-end address of its own", async () => {
    const { keycloak: before = {} } = await shown();
    expect(before).toMatchObject({
      url: installation.info.keycloak.url,
      issuer: `${installation.info.keycloak.url}/realms/freeflow-${tenant.name}`,
    });
    await setFrontend(byName(installation.info.keycloak.url));
    const { keycloak = {} } = await shown();
    expect(keycloak['issuer']).toBe(`${byName(installation.info.keycloak.url)}/realms/freeflow-${tenant.name}`);
    expect(await issuedBy(keycloak)).toBe(keycloak['issuer']);
    await setFrontend('');
  });

  test('is printed by the address that tenants use, where one is set', async () => {
    const { keycloak = {} } = await shown({ KEYCLOAK_TENANT_URL: byName(installation.info.keycloak.url) });
    expect(keycloak['url']).toBe(byName(installation.info.keycloak.url));
    expect(await issuedBy(keycloak)).toBe(keycloak['issuer']);
  });

  test('that does not answer does not hide the other three, and is told; requested alone it is refused', async () => {
    const away = { KEYCLOAK_TENANT_URL: 'http://127.0.0.1:9' };
    const all = await connect(['--json'], away);
    expect(all).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^Keycloak at http:\/\/127\.0\.0\.1:9 does not answer with the issuer of realm freeflow-\w+: .+ The issuer is left out\./,
      ),
    });
    const { keycloak, ...others } = JSON.parse(all.stdout) as Shown;
    expect(Object.keys(others).toSorted()).toEqual(['mongodb', 'postgres', 'qdrant']);
    expect(keycloak).not.toHaveProperty('issuer');
    expect(await connect(['keycloak', '--json'], away)).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('does not answer with the issuer'),
    });
    expect(await connect(['postgres', '--json'], away)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('with settings for the addresses that tenants use', () => {
  const settings = () => ({
    POSTGRES_TENANT_URL: `postgres://${byName(new URL(installation.info.postgres.url).host)}/?sslmode=disable`,
    MONGODB_TENANT_URL: `mongodb://${byName(new URL(installation.info.mongodb.url).host)}/?directConnection=true&appName=shop`,
    QDRANT_TENANT_URL: proxy.url,
  });

  beforeAll(async () => {
    await worker.stop();
    worker = await installation.startWorker(settings());
  });

  const findDrift = async (fix: boolean) =>
    inShort(await reconcileIn(installation, fix)).filter((it) => it.includes('recorded connection'));

  test('those of an existing tenant are found to differ, and a resume records the new ones', async () => {
    expect(await findDrift(false)).toEqual([
      expect.stringMatching(
        /^drifted mongodb .*: its recorded connection is not the configured one: host is recorded as 127\.0\.0\.1, configured as localhost.*appName is recorded as not set, configured as shop \(fixable\)$/,
      ),
      expect.stringMatching(
        /^drifted postgres .*: host is recorded as 127\.0\.0\.1, configured as localhost; sslmode is recorded as not set, configured as disable \(fixable\)$/,
      ),
      expect.stringMatching(
        /^drifted qdrant .*: host is recorded as 127\.0\.0\.1, configured as localhost; port is recorded as \d+, configured as \d+; tls is recorded as false, configured as true; path is recorded as not set, configured as \/qdrant \(fixable\)$/,
      ),
    ]);
    await change(installation, tenant.id, 'suspend');
    expect(await connect([])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `${tenant.name} is suspended, not active: there is nothing to connect to.\nGive its access back with: tenants resume ${tenant.name}\n`,
    });
    await change(installation, tenant.id, 'resume');
    expect(await findDrift(false)).toEqual([]);
  });

  test('a reconciliation that repairs records them as well', async () => {
    await installation.master.query(
      `UPDATE "TenantConnection" SET "host" = 'old', "options" = '{}' WHERE "tenantId" = $1`,
      [tenant.id],
    );
    expect(await findDrift(true)).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/\(fixable\) \(fixed\)$/)),
    );
  });

  test('what is printed then connects as it stands', async () => {
    const { postgres = {}, mongodb = {}, qdrant = {} } = await shown();
    expect(postgres).toMatchObject({ host: 'localhost', sslmode: 'disable' });
    expect(
      await withPostgres(String(postgres['url']), async (client) => (await client.query('SELECT 42 AS n')).rows),
    ).toEqual([{ n: 42 }]);
    expect(mongodb).toMatchObject({ host: 'localhost', appName: 'shop' });
    expect(
      (await withMongo(String(mongodb['url']), (client) => client.db().collection('things').insertOne({ n: 42 })))
        .acknowledged,
    ).toBe(true);
    expect(qdrant).toMatchObject({ prefix: '/qdrant', url: proxy.url });
    expect(
      await askHttps(`${qdrant['url']}/collections/${qdrant['collection']}`, certificates.ca, {
        headers: { 'api-key': String(qdrant['apiKey']) },
      }),
    ).toMatchObject({ status: 200 });
  });
});

test('a soft-deleted tenant has nothing to connect to, and how it is taken back is said', async () => {
  await change(installation, tenant.id, 'delete');
  expect(await connect([])).toMatchObject({
    code: 1,
    stderr: `${tenant.name} is deleted, not active: there is nothing to connect to.\nIt is kept until its purge; take it back with: tenants restore ${tenant.name}\n`,
  });
  await change(installation, tenant.id, 'restore');
  expect(Object.keys(await shown())).toHaveLength(4);
});
