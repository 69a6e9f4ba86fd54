import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { scrape } from '../test/support/metrics';
import { serveHealth } from './health';

let server: Server;
let url: string;
beforeAll(async () => {
  server = await serveHealth({ workers: [], waitingFor: 'Temporal', stopped: Promise.resolve() }, '127.0.0.1', 0);
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const statusOf = async (path: string) => (await fetch(url + path)).status;

test('a worker that waits for a server is alive, not ready, and is measured', async () => {
  expect([await statusOf('/health/live'), await statusOf('/health/ready')]).toEqual([200, 503]);
  const { series } = await scrape(url);
  expect(series['freeflow_sweep_last_success_timestamp_seconds']).toBe(0);
});

test('nothing else is there', async () => {
  expect([await statusOf('/'), await statusOf('/metrics/acme')]).toEqual([404, 404]);
});
