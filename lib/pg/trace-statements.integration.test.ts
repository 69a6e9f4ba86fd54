import { Pool } from 'pg';
import { readStackInfo } from '../../stack/stack-info';
import { TEST_STACK } from '../../test/support/master';
import { OtlpReceiver } from '../../test/support/otlp-receiver';
import { startTracing } from '../tracing-sdk/start-tracing';
import { RequestSpan } from '../tracing/request-span';
import { ErrorTolerantClient } from './error-tolerant-client';

const receiver = new OtlpReceiver();

beforeAll(() => receiver.listen());
afterAll(() => receiver.close());

/** Does work within a request of this route. */
const inRequest = async (route: string, work: () => Promise<unknown>): Promise<void> => {
  const request = new RequestSpan({});
  await new Promise<void>((resolve, reject) => request.enter(() => void work().then(() => resolve(), reject)));
  request.end({ id: route, method: 'GET', route, status: 200 });
};

test('a statement is in the trace of its caller, also of one that had to wait for a connection, and a transaction is one span', async () => {
  const tracing = startTracing('a test', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }, { warn: () => undefined });
  const connectionString = readStackInfo(TEST_STACK).postgres.url;
  const pool = new Pool({ connectionString, Client: ErrorTolerantClient, max: 1 });
  await pool.query('SELECT 1');
  const routes = ['/a', '/b', '/c', '/d', '/e'];
  await Promise.all(routes.map((route) => inRequest(route, () => pool.query(`SELECT 'hidden'`))));
  await inRequest('/transaction', async () => {
    const client = await pool.connect();
    for (const it of ['BEGIN', 'SELECT 1', 'SELECT 2', 'COMMIT', 'CREATE TEMPORARY TABLE t (x text)'])
      await client.query(it);
    client.release();
  });
  await inRequest('/failed', () => pool.query(`SELECT no_such_function('hidden')`).catch(() => undefined));
  await pool.end();
  await tracing.stop();

  const callsOf = (route: string) => {
    const request = receiver.spans.find(({ name }) => name === `GET ${route}`);
    return receiver.spans.filter(({ parentSpanId }) => parentSpanId === request?.spanId);
  };
  for (const route of routes) expect([route, callsOf(route).map(({ name }) => name)]).toEqual([route, ['SELECT']]);
  expect(callsOf('/failed')).toMatchObject([{ isFailed: true, attributes: { 'error.type': '42883' } }]);
  expect(callsOf('/transaction').map(({ name }) => name)).toEqual(['transaction', 'CREATE TEMPORARY']);
  expect(Buffer.concat(receiver.bodies).toString('latin1')).not.toContain('hidden');
});
