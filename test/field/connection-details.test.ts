import { MongoClient } from 'mongodb';
import { Client } from 'pg';
import type { Connection } from '../../backends/backend';
import { mongoConnection, withTenantLogin as asMongoTenant } from '../../backends/mongodb/address';
import { mongoForm } from '../../backends/mongodb/connect';
import { postgresConnection, withTenantLogin as asPostgresTenant } from '../../backends/postgres/address';
import { postgresForm } from '../../backends/postgres/connect';
import { libpqUrl } from '../../backends/postgres/libpq-url';
import { qdrantConnection } from '../../backends/qdrant/address';
import { qdrantForm } from '../../backends/qdrant/connect';

const NAME = 'freeflow_acme';
const PASSWORD = "p@ss:w/o%40rd?#é'";

/** What is printed for a connection, as the row in the master database keeps it. */
const printDetails = (form: typeof postgresForm, { host, port, username, options = {} }: Connection) =>
  String(
    form({ host: host ?? null, port: port ?? null, username: username ?? null, dbName: NAME, options }, PASSWORD)[
      'url'
    ],
  );

const postgres = (adminUrl: string, tenantUrl?: string) =>
  printDetails(postgresForm, postgresConnection(new URL(adminUrl), tenantUrl, { name: NAME }));
const mongo = (adminUrl: string, tenantUrl?: string) =>
  printDetails(mongoForm, mongoConnection(adminUrl, tenantUrl, { name: NAME }));
const qdrant = (url: string) => printDetails(qdrantForm, qdrantConnection(url));

const ADMIN = 'prov:s%40cret';

describe('PostgreSQL: what is printed is read by pg as what was configured', () => {
  test.each([
    [
      'the options of TLS',
      `postgres://${ADMIN}@db.example/postgres?sslmode=verify-full`,
      undefined,
      { host: 'db.example', port: 5432, ssl: {} },
    ],
    [
      'TLS without verification',
      `postgres://${ADMIN}@db:6000/?sslmode=no-verify`,
      undefined,
      { host: 'db', port: 6000, ssl: { rejectUnauthorized: false } },
    ],
    [
      "libpq's meaning of a mode",
      `postgres://${ADMIN}@db/?uselibpqcompat=true&sslmode=require`,
      undefined,
      { ssl: { rejectUnauthorized: false } },
    ],
    ['no TLS', `postgres://${ADMIN}@db/?application_name=x`, undefined, { ssl: false }],
    ['an IPv6 address', `postgres://${ADMIN}@[::1]:5433/`, undefined, { host: '::1', port: 5433 }],
    [
      "a socket's folder",
      `postgres://${ADMIN}@localhost/postgres?host=/var/run/postgresql&port=5434`,
      undefined,
      { host: '/var/run/postgresql', port: 5434 },
    ],
    [
      "the tenants' own address in place of the worker's",
      `postgres://${ADMIN}@10.0.0.5:5432/postgres?sslmode=no-verify`,
      'postgres://db.example:6432/?sslmode=verify-full',
      { host: 'db.example', port: 6432, ssl: {} },
    ],
    [
      "an address of the tenants' without TLS",
      `postgres://${ADMIN}@10.0.0.5/?sslmode=verify-full`,
      'postgres://db.example/',
      { host: 'db.example', ssl: false },
    ],
  ])('%s', (_what, adminUrl, tenantUrl, expected) => {
    const client = new Client({ connectionString: postgres(adminUrl, tenantUrl) });
    expect(client).toMatchObject({ user: `${NAME}_app`, password: PASSWORD, database: NAME, ...expected });
  });

  test("the provisioner's login and client certificate are nowhere in it, however they were given", () => {
    const url = postgres(
      `postgres://${ADMIN}@db/?user=prov&password=s3cret&sslcert=/w/prov.crt&sslkey=/w/prov.key&sslpassword=s3cret&options=-c%20role%3Dprov&sslmode=verify-full`,
    );
    expect(url).not.toMatch(/prov|s3cret|s%40cret/);
    expect(url).toContain('sslmode=verify-full');
  });

  test('a login among the parameters of the admin URL is not the one that a tenant is tried out by', () => {
    const url = asPostgresTenant(
      new URL(`postgres://db/${NAME}?user=prov&password=s3cret&sslmode=no-verify`),
      `${NAME}_app`,
      PASSWORD,
    );
    expect(new Client({ connectionString: url.href })).toMatchObject({
      user: `${NAME}_app`,
      password: PASSWORD,
      ssl: { rejectUnauthorized: false },
    });
  });

  test.each([
    [
      'postgresql://u:p@h:1/d?sslmode=no-verify&target_session_attrs=any',
      'postgresql://u:p@h:1/d?sslmode=require&target_session_attrs=any',
    ],
    ['postgresql://u:p@h:1/d?uselibpqcompat=true&sslmode=require', 'postgresql://u:p@h:1/d?sslmode=require'],
    ['postgresql://u:p@h:1/d?ssl=true', 'postgresql://u:p@h:1/d?sslmode=require'],
    ['postgresql://u:p@h:1/d', 'postgresql://u:p@h:1/d'],
  ])('psql, which refuses what is of pg alone, is given %s as %s', (url, expected) =>
    expect(libpqUrl(url)).toBe(expected),
  );
});

describe('MongoDB: what is printed is read by its driver as what was configured', () => {
  const optionsOf = (url: string) => new MongoClient(url).options;

  test.each([
    [
      'TLS',
      `mongodb://${ADMIN}@db/?tls=true&tlsAllowInvalidCertificates=true`,
      undefined,
      ['db:27017'],
      { tls: true, rejectUnauthorized: false },
    ],
    ['its older name', `mongodb://${ADMIN}@db/?ssl=true`, undefined, ['db:27017'], { tls: true }],
    [
      'several hosts and their replica set, in whatever case',
      `mongodb://${ADMIN}@a:1,b:2,[::1]:3/admin?replicaset=rs0&RETRYWRITES=false`,
      undefined,
      ['a:1', 'b:2', '[::1]:3'],
      { replicaSet: 'rs0', retryWrites: false },
    ],
    [
      'one host of a replica set',
      `mongodb://${ADMIN}@a:1/?directConnection=true`,
      undefined,
      ['a:1'],
      { directConnection: true },
    ],
    ['an IPv6 address', `mongodb://${ADMIN}@[::1]:1/`, undefined, ['[::1]:1'], {}],
    ['a socket', `mongodb://${ADMIN}@%2Ftmp%2Fmongodb-27017.sock/`, undefined, ['/tmp/mongodb-27017.sock'], {}],
    [
      "the tenants' own address in place of the worker's",
      `mongodb://${ADMIN}@10.0.0.5/?tls=true&directConnection=true`,
      'mongodb://a.example,b.example:2/?replicaSet=rs1&readPreference=nearest',
      ['a.example:27017', 'b.example:2'],
      { replicaSet: 'rs1' },
    ],
  ])('%s', (_what, adminUrl, tenantUrl, hosts, expected) => {
    const options = optionsOf(mongo(adminUrl, tenantUrl));
    expect(options.hosts.map(String)).toEqual(hosts);
    expect(options).toMatchObject(expected);
    expect(options.credentials).toMatchObject({ username: NAME, password: PASSWORD, source: NAME });
    expect(options.dbName).toBe(NAME);
  });

  test('mongodb+srv stays what it is, and has no port', () => {
    const url = mongo(`mongodb+srv://${ADMIN}@cluster0.example.net/?retryWrites=true&w=majority&authSource=admin`);
    expect(optionsOf(url)).toMatchObject({ srvHost: 'cluster0.example.net', tls: true, retryWrites: true });
    expect(url).toMatch(
      new RegExp(
        `^mongodb\\+srv://${NAME}:[^@]+@cluster0\\.example\\.net/${NAME}\\?authSource=${NAME}&retryWrites=true$`,
      ),
    );
  });

  test("the provisioner's login, its mechanism and its client certificate are nowhere in it", () => {
    const url = mongo(
      `mongodb://${ADMIN}@db/?tls=true&authSource=admin&authMechanism=SCRAM-SHA-1&tlsCertificateKeyFile=/w/prov.pem&tlsCertificateKeyFilePassword=s3cret&proxyHost=p&proxyPassword=s3cret&appName=prov`,
    );
    expect(url).not.toMatch(/prov|s3cret|s%40cret|admin|SCRAM|proxy/);
  });

  test('a tenant is tried out by the whole of the way that the worker goes, and by its own login alone', () => {
    const options = optionsOf(
      asMongoTenant(
        `mongodb://${ADMIN}@a:1,b:2/admin?authSource=admin&authMechanism=SCRAM-SHA-1&tls=true&replicaSet=rs0&authMechanismProperties=SERVICE_NAME:x`,
        { name: NAME },
        PASSWORD,
      ),
    );
    expect(options).toMatchObject({
      tls: true,
      replicaSet: 'rs0',
      dbName: NAME,
      credentials: { username: NAME, password: PASSWORD, source: NAME, mechanism: 'DEFAULT' },
    });
    expect(options.hosts.map(String)).toEqual(['a:1', 'b:2']);
  });
});

describe('Qdrant: what is printed names scheme, port and path', () => {
  test.each([
    ['http://db', 'http://db:6333'],
    ['http://proxy:80/qdrant', 'http://proxy:80/qdrant'],
    ['https://proxy:443', 'https://proxy:443'],
    ['https://db', 'https://db:443'],
    ['https://db:6333/qdrant/', 'https://db:6333/qdrant'],
    ['http://[::1]:6333', 'http://[::1]:6333'],
  ])('%s as %s', (url, expected) => expect(qdrant(url)).toBe(expected));
});

describe('a connection that was registered by hand, or by an earlier version, is printed as before', () => {
  const row = { host: 'db', port: null, username: null, dbName: 'd', options: null };
  test.each([
    [postgresForm(row, undefined), 'postgresql://db:5432/d'],
    [mongoForm(row, undefined), 'mongodb://db:27017/d'],
    [mongoForm({ ...row, username: 'u', options: { authSource: 'd' } }, 'p'), 'mongodb://u:p@db:27017/d?authSource=d'],
    [qdrantForm(row, undefined), 'http://db:6333'],
    [qdrantForm({ ...row, options: { tls: 'true' } }, undefined), 'https://db:6333'],
    [postgresForm({ ...row, options: { schema: 'app', sslmode: 7 } }, undefined), 'postgresql://db:5432/d'],
  ])('%#', (form, expected) => expect(form['url']).toBe(expected));
});
