import { ErrorTolerantClient } from '@freeflow/lib/pg';
import { readStackInfo } from '../../stack/stack-info';
import { TEST_STACK } from '../../test/support/master';
import { startProxy, type TcpProxy } from '../../test/support/tcp-proxy';
import { until } from '../../test/support/until';
import { setUpSession } from './session-setup';
import { SpareSessions } from './spare-sessions';

const { provisionerUrl } = readStackInfo(TEST_STACK).postgres;
/** Longer than a test on a busy machine. */
const KEPT_MS = 300_000;
let proxy: TcpProxy;
let spares: SpareSessions;
let opened: ErrorTolerantClient[];
const ended = new Set<ErrorTolerantClient>();

beforeEach(async () => {
  const { hostname, port } = new URL(provisionerUrl);
  proxy = await startProxy(hostname, Number(port));
  const url = new URL(provisionerUrl);
  url.host = `127.0.0.1:${proxy.port}`;
  spares = new SpareSessions(KEPT_MS);
  opened = [1, 2].map(() => new ErrorTolerantClient(url.href));
  for (const it of opened) {
    await it.connect();
    it.once('end', () => ended.add(it));
  }
});
afterEach(async () => {
  jest.restoreAllMocks();
  await proxy.close();
  await spares.close();
});

const giveAll = () => Promise.all(opened.map((it) => spares.give(it)));

test('a spare session is handed out set up as a new one, where it is on the server that is wanted', async () => {
  const [client] = opened;
  if (client === undefined) throw new Error('none was opened');
  const serverId = await setUpSession(client);
  await client.query(`SET search_path = public; SET lock_timeout = 1`);
  await spares.give(client);
  expect(await spares.take(serverId)).toBe(client);
  const { rows } = await client.query(
    `SELECT current_setting('search_path') AS path, current_setting('lock_timeout') AS timeout`,
  );
  expect(rows).toEqual([{ path: 'pg_catalog', timeout: '5s' }]);
  await client.end();
});

test('a spare session on another server than the one that is wanted is not handed out, nor are those beside it', async () => {
  await giveAll();
  expect(await spares.take('another')).toBeUndefined();
  expect(await spares.take(undefined)).toBeUndefined();
  await until('all are ended', async () => opened.every((it) => ended.has(it)));
});

test('where one spare session gets no answer any more, the others are not tried one after the other', async () => {
  await giveAll();
  const queries = opened.map((it) => jest.spyOn(it, 'query'));
  proxy.trouble({ kind: 'cut-requests', after: 0 });
  expect(await spares.take(undefined)).toBeUndefined();
  expect(queries.flatMap((it) => it.mock.calls)).toHaveLength(1);
  proxy.trouble();
  expect(await spares.take(undefined)).toBeUndefined();
});

test('a spare session that is used again and again is not kept for more than a minute', async () => {
  await giveAll();
  const client = await spares.take(undefined);
  if (client === undefined) throw new Error('none was kept');
  const now = performance.now();
  jest.spyOn(performance, 'now').mockReturnValue(now + 60_000);
  await spares.give(client);
  expect(ended.has(client)).toBe(true);
});
