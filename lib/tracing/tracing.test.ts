import { OtlpReceiver } from '../../test/support/otlp-receiver';
import { startTracing } from '../tracing-sdk/start-tracing';
import type * as StartTracing from '../tracing-sdk/start-tracing';
import { linkToOperation } from './operation';
import { RequestSpan } from './request-span';
import { traceIdOf } from './traceparent';
import { patternOf } from './watch-requests';

const receiver = new OtlpReceiver();

beforeAll(() => receiver.listen());
afterAll(() => receiver.close());

test('what is called within a request is in its trace, what is called after it in none, and all is sent when the process ends', async () => {
  const tracing = startTracing('a test', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }, { warn: () => undefined });
  const call = async (path: string) => (await fetch(receiver.url + path)).text();
  const request = new RequestSpan({});
  await new Promise<string>((resolve) =>
    request.enter(() => resolve(call('/collections/freeflow_acme_vectors/points?api-key=hidden'))),
  );
  request.end({ id: '1', method: 'GET', route: '/tenants', status: 200 });
  const answer = new RequestSpan({});
  const of = '4bf92f3577b34da6a3ce929d0e0e4736';
  answer.enter(() => linkToOperation(`00-${of}-00f067aa0ba902b7-01`));
  answer.end({ id: '2', method: 'POST', route: '/tenants/:id/retry', status: 202 });
  await call('/later');
  expect(receiver.spans).toEqual([]);
  await tracing.stop();
  const [first, second, third] = receiver.spans;
  expect([first?.name, second?.name]).toEqual(['GET /collections/…/points', 'GET /tenants']);
  expect(receiver.spans).toHaveLength(3);
  // What is about an operation, but not for it, has a trace of its own.
  expect(third).toMatchObject({ name: 'POST /tenants/:id/retry', links: [of] });
  expect(third?.traceId).not.toBe(of);
  expect(first).toMatchObject({ parentSpanId: second?.spanId, attributes: { 'http.response.status_code': 200 } });
  expect(Buffer.concat(receiver.bodies).toString('latin1')).not.toContain('hidden');
});

test('without an endpoint nothing of the SDK is loaded', () => {
  jest.isolateModules(() => {
    const { startTracing: start } = require('../tracing-sdk/start-tracing') as typeof StartTracing;
    jest.doMock('../tracing-sdk/sdk', () => {
      throw new Error('the SDK was loaded');
    });
    start('a test', {}, { warn: () => undefined });
    expect(() => start('a test', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }, { warn: () => undefined })).toThrow(
      'the SDK was loaded',
    );
  });
});

test.each([
  [
    '/admin/realms/freeflow-acme/users/8f7deae8-fa3a-56e3-a2d7-637e303bf904/reset-password',
    '/admin/realms/…/users/…/reset-password',
  ],
  ['/collections/freeflow_acme_vectors/points?wait=true&token=x', '/collections/…/points'],
  ['/realms/freeflow-acme/protocol/openid-connect/token#x', '/realms/…/protocol/openid-connect/token'],
  ['/', '/'],
])('requests of two tenants have one name: %s', (path, pattern) => {
  expect(patternOf(path)).toBe(pattern);
});

test('only a trace that is kept has an id to look for', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  expect(traceIdOf(`00-${traceId}-00f067aa0ba902b7-01`)).toBe(traceId);
  expect(traceIdOf(`00-${traceId}-00f067aa0ba902b7-00`)).toBeNull();
  expect(traceIdOf(null)).toBeNull();
});
