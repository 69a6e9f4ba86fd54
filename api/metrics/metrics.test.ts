import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { seriesIn } from '../../test/support/metrics';
import { UNLIMITED } from '../../test/support/unlimited';
import { until } from '../../test/support/until';
import { buildApp } from '../app';
import { readApiConfig } from '../config';

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let app: FastifyInstance;
let url: string;
beforeAll(async () => {
  const away = `127.0.0.1:${await closedPort()}`;
  const env = {
    MASTER_DATABASE_URL: `postgresql://u:p@${away}/freeflow_master`,
    TEMPORAL_ADDRESS: away,
    AUTH_ISSUER: `http://${away}/realms/none`,
    AUTH_AUDIENCE: 'freeflow-api',
    LOG_LEVEL: 'error',
    // On a busy machine it would refuse a request before it looks at its token.
    ...UNLIMITED,
  };
  app = await buildApp(readApiConfig(env), env);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

const scrape = async () => {
  const response = await fetch(`${url}/metrics`);
  const body = await response.text();
  return { status: response.status, type: response.headers.get('content-type'), body, series: seriesIn(body) };
};

test('while the master database is away a scrape has the metrics of the process, and no fact that may not be so', async () => {
  const { status, type, body, series } = await scrape();
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  expect(series['freeflow_master_database_up']).toBe(0);
  expect(body).toContain('freeflow_http_requests_total');
  expect(body).not.toContain('freeflow_steps_parked');
});

test('a request is counted by the pattern of its route, method and status, and never by what it names', async () => {
  await fetch(`${url}/tenants/9f1c6a3e-0000-4000-8000-000000000000?name=acme`);
  await fetch(`${url}/nowhere/acme`, { method: 'DELETE' });
  // A request is over once its response is, of which its client may know sooner.
  const { body, series } = await until('both are counted', async () => {
    const scraped = await scrape();
    return [401, 404].every((status) => scraped.body.includes(`status="${status}"`)) && scraped;
  });
  expect(series['freeflow_http_requests_total{route="/tenants/:id",method="GET",status="401"}']).toBe(1);
  expect(series['freeflow_http_requests_total{route="none",method="DELETE",status="404"}']).toBe(1);
  expect(series['freeflow_http_request_duration_seconds_count{route="/tenants/:id",method="GET"}']).toBe(1);
  expect(body).not.toMatch(/acme|9f1c6a3e/);
});

test('a request spends the error budget where it is answered by 5xx; health, metrics and documentation do not count', async () => {
  const before = (await scrape()).series;
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const token = `${encoded({ alg: 'RS256' })}.${encoded({ sub: 'somebody' })}.c2lnbmF0dXJl`;
  const statuses: number[] = [];
  for (const path of ['/tenants', '/health/ready', '/health/live', '/openapi.json', '/docs'])
    statuses.push((await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })).status);
  statuses.push((await fetch(`${url}/tenants`)).status);
  expect(statuses).toEqual([503, 503, 200, 200, 200, 401]);
  const { series } = await scrape();
  const rise = (outcome: string) => {
    const name = `freeflow_http_budget_requests_total{outcome="${outcome}"}`;
    return (series[name] ?? Number.NaN) - (before[name] ?? Number.NaN);
  };
  expect([rise('failure'), rise('success')]).toEqual([1, 1]);
});

test('keys of the issuer that do not come are counted', async () => {
  const { series } = await scrape();
  expect(series['freeflow_issuer_keys_fetched_total{outcome="failure"}']).toBeGreaterThan(0);
  expect(series['freeflow_issuer_keys_last_success_timestamp_seconds']).toBe(0);
});
