import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { insertTenant, updateTenant } from '../test/support/tenant-changes';
import { until } from '../test/support/until';
import type { Session } from './client/session';
import { News } from './news';

let bench: ApiBench;
let worker: Pool;
beforeAll(async () => {
  bench = await openApiBench();
  worker = new Pool({ connectionString: bench.master.workerUrl, max: 2 });
});
afterAll(async () => {
  await worker.end();
  await bench.close();
});

const sessionAt = async (url: string): Promise<Session> => {
  const token = await bench.issuer.token();
  return { url, token: () => Promise.resolve(token), isRenewable: false, source: 'the test' };
};
const openStreams = async () =>
  Number(
    (
      await bench.owner.query<{ n: string }>(
        `SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'freeflow-api-events' AND datname = current_database()`,
      )
    ).rows[0]?.n,
  );

/** How often is looked in this time. */
async function looksWithin(ms: number, news: News): Promise<number> {
  const end = performance.now() + ms;
  let looks = 0;
  while (performance.now() < end) {
    await news.next();
    looks++;
  }
  return looks;
}

test('with a stream is looked when something happens, and else hardly ever', async () => {
  const tenant = await insertTenant(bench.owner);
  const news = new News(await sessionAt(bench.url), tenant.id, new AbortController().signal);
  await until('the stream is open', async () => (await openStreams()) === 1);
  // Until it has told that it is there.
  await until('it is quiet', async () => (await looksWithin(1_500, news)) <= 2);
  const asked = performance.now();
  const told = news.next();
  await updateTenant(worker, tenant, `status = 'active'`);
  await told;
  // The poll beside the stream is two seconds away.
  expect(performance.now() - asked).toBeLessThan(1_900);
  news.close();
});

test.each<[string, (server: Server) => void]>([
  [
    'an API that has no stream',
    (server) => server.on('request', (_request, response) => response.writeHead(404).end('{}')),
  ],
  ['a proxy that keeps it back', (server) => server.on('request', () => undefined)],
  ['a connection that breaks', (server) => server.on('request', (request) => request.socket.destroy())],
])('without a stream is looked often, as before: %s', async (_what, serve) => {
  const server = createServer();
  serve(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const news = new News(await sessionAt(`http://127.0.0.1:${port}`), 'some-id', new AbortController().signal);
  expect(await looksWithin(1_500, news)).toBeGreaterThan(3);
  news.close();
  server.closeAllConnections();
  server.close();
});
