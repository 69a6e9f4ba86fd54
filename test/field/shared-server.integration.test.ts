import { errorCode } from '@freeflow/lib/pg';
import { Client, Pool } from 'pg';
import { readStackInfo } from '../../stack/stack-info';
import { openApiBench, type ApiBench } from '../support/api-bench';
import { openEvents } from '../support/event-reader';
import { inDatabase, openMaster, TEST_STACK, type Master } from '../support/master';
import { withPostgres } from '../support/outside';
import { openOwnPostgres, type OwnPostgres } from '../support/own-postgres';
import { openApiAgain } from '../support/second-api';
import { insertAttempt, insertTenant, updateOperation, updateTenant } from '../support/tenant-changes';
import { until } from '../support/until';

// A master database on the server of the tenants, as on trial, where one queue of notifications serves all databases:
// half a megabyte of it instead of eight gigabytes. No commit waits for a standby by default.
const SETTINGS = { max_notify_queue_pages: '64', synchronous_commit: 'local' };
/** What a commit fails with whose notification finds no room. */
const QUEUE_IS_FULL = '54000';

let server: OwnPostgres;
let master: Master;
let bench: ApiBench;
let api: Awaited<ReturnType<typeof openApiAgain>>;
let worker: Pool;
/** A tenant's login: any role that may connect to a database of the server. */
let tenantUrl: string;

beforeAll(async () => {
  [server, bench] = await Promise.all([openOwnPostgres(SETTINGS), openApiBench()]);
  master = await openMaster({ ...readStackInfo(TEST_STACK), ...server.master, postgres: server });
  api = await openApiAgain(bench, { MASTER_DATABASE_URL: master.apiUrl });
  worker = new Pool({ connectionString: master.workerUrl, max: 2 });
  worker.on('error', () => undefined);
  await asSuperuser(`CREATE ROLE neighbour LOGIN PASSWORD 'x'`, 'CREATE DATABASE neighbour OWNER neighbour');
  tenantUrl = inDatabase(server.url, 'neighbour').replace(/\/\/[^@]*@/, '//neighbour:x@');
});
afterAll(async () => {
  await worker.end();
  await api.close();
  await bench.close();
  await server.close();
});

const asSuperuser = (...statements: string[]) =>
  withPostgres(server.url, async (owner) => {
    for (const it of statements) await owner.query(it);
  });

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: tenantUrl });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A create is accepted, goes on and ends, and whoever follows sees it. */
async function expectAllToGoOn(): Promise<void> {
  const token = await bench.issuer.token();
  const reader = await openEvents(`${api.url}/events`, { token });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: `s${Date.now().toString(36)}` });
  const created = await fetch(`${api.url}/tenants`, { method: 'POST', headers, body });
  expect([created.status, await created.text()]).toEqual([202, expect.any(String)]);
  const tenant = await insertTenant(worker);
  await updateOperation(worker, tenant, `state = 'running', "startedAt" = now()`);
  await insertAttempt(worker, tenant, 'success');
  await updateTenant(worker, tenant, `status = 'active'`);
  await updateOperation(worker, tenant, `state = 'done', "endedAt" = now()`);
  const [ended] = await reader.seen('operation.ended');
  expect(ended?.subject).toBe(tenant.name);
  expect(reader.events.map(({ type }) => type)).toContain('com.freeflow.tenant.created');
  reader.close();
}

test('a tenant that fills the queue of notifications, which all databases of the server share, stops no change and no event', async () => {
  const [idle, busy] = [await connect(), await connect()];
  // While it is in a transaction it takes nothing from the queue, in which all that follows therefore stays.
  await idle.query('LISTEN x');
  await idle.query('BEGIN');
  await idle.query('SELECT 1');
  const notifyMuch = () =>
    busy
      .query(`SELECT pg_notify('x', n || repeat('y', 7900)) FROM generate_series(1, 16) n`)
      .then(() => 'ok', errorCode);
  await until('the queue is full', async () => (await notifyMuch()) === QUEUE_IS_FULL);
  // Less than that may still fit.
  await until('to the last', async () => (await busy.query('NOTIFY x').then(() => 'ok', errorCode)) === QUEUE_IS_FULL);
  await expectAllToGoOn();
  expect(await busy.query('NOTIFY x').then(() => 'ok', errorCode)).toBe(QUEUE_IS_FULL);
  await Promise.all([idle.end(), busy.end()]);
  // It stays full though they have left, until somebody looks.
  await asSuperuser('SELECT pg_notification_queue_usage()');
});

test('a tenant whose commit holds the lock of notifications, which is one for the whole server, holds up no change and no event', async () => {
  await asSuperuser(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`, 'SELECT pg_reload_conf()');
  const [holding, waiting] = [await connect(), await connect()];
  // Any role may: so its commit waits for a standby that is not there, and keeps its locks meanwhile.
  // One that has written nothing does not.
  await holding.query('CREATE TABLE written (n int)');
  await holding.query('SET synchronous_commit = on');
  let isOver = true;
  const held = await until(
    'its commit waits',
    async () => {
      if (isOver) {
        isOver = false;
        void holding.query('INSERT INTO written VALUES (1); NOTIFY x').then(
          () => (isOver = true),
          () => undefined,
        );
      }
      return (await waitsOf(holding)) === 'SyncRep' && !isOver;
    },
    30_000,
  );
  expect(held).toBe(true);
  void waiting.query('NOTIFY x').catch(() => undefined);
  await until('another one waits for its lock', async () => (await waitsOf(waiting)) === 'object');
  await expectAllToGoOn();
  expect([await waitsOf(holding), await waitsOf(waiting)]).toEqual(['SyncRep', 'object']);
});

/** What a session waits for. */
const waitsOf = async (client: Client): Promise<string | null | undefined> => {
  const { processID } = client as Client & { processID: number };
  return withPostgres(server.url, async (owner) => {
    const { rows } = await owner.query<{ event: string | null }>(
      'SELECT wait_event AS event FROM pg_stat_activity WHERE pid = $1',
      [processID],
    );
    return rows[0]?.event;
  });
};
