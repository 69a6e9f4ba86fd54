import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BACKEND_KINDS } from '@freeflow/contract';
import type { LogRowBody, TenantDetailBody } from '@freeflow/contract/http';
import { projectRoot } from '../../stack/project';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { findSecrets } from '../support/find-secret';
import { newToken, type Running } from '../support/installation';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver';
import { ownSecretsOf } from '../support/own-secrets';
import { secretsOf } from '../support/tenant-app';
import { createTenant, deleteTenant, operationEnds } from '../support/tenants';
import { traceText } from '../support/trace-text';
import { until } from '../support/until';

const receiver = new OtlpReceiver();
const collectorToken = randomBytes(24).toString('base64url');
let installation: FaultInjectedInstallation;
let env: Record<string, string>;
let worker: Running;
let id: string;

beforeAll(async () => {
  await receiver.listen();
  env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${collectorToken}`,
    // Sent, and given up, within a second: what is waited for here comes soon.
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
    OTEL_BSP_SCHEDULE_DELAY: '500',
  };
  installation = await openFaultInjectedInstallation(false, env);
});
afterAll(async () => {
  await installation.close();
  await receiver.close();
});

/** What a caller that traces sends. */
const newCaller = (flags: '00' | '01' = '01') => {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-${flags}` } };
};

const spansOf = (traceId: string): ReceivedSpan[] => receiver.spans.filter((it) => it.traceId === traceId);
const untilReceived = (what: string, is: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> =>
  until(`${what} has arrived`, async () => receiver.spans.find(is));
const only = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
  const found = spans.filter((it) => it.name === name);
  expect([name, found.length]).toEqual([name, 1]);
  return found[0] as ReceivedSpan;
};
const linesOf = (process: 'api' | 'worker'): Record<string, unknown>[] =>
  readFileSync(path.join(installation.logDir, `${process}.log`), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const caller = newCaller();
let trace: ReceivedSpan[];

test('a create that the sweep has to start is one trace with the request of its caller: both starts, the operation, each attempt of a step, calls at all four backends', async () => {
  const { proxies } = installation;
  proxies.temporal.shut();
  const { status, body } = await installation.request(
    'POST',
    '/tenants',
    { name: newName() },
    { ...caller.headers, 'idempotency-key': randomUUID(), 'x-request-id': 'the-create' },
  );
  expect(status).toBe(202);
  id = String(body.id);
  await untilReceived('the start that failed', ({ name, isFailed }) => name === 'start create' && isFailed);
  proxies.temporal.open();
  worker = await installation.startWorker(env);
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
  await untilReceived('the operation', ({ name }) => name === 'operation create');
  trace = spansOf(caller.traceId);

  const request = only(trace, 'POST /tenants');
  expect(request).toMatchObject({
    service: 'freeflow-api',
    parentSpanId: caller.spanId,
    attributes: { 'http.response.status_code': 202, 'freeflow.request.id': 'the-create' },
  });
  const starts = trace.filter(({ name }) => name === 'start create');
  expect(starts.map(({ service, parentSpanId, isFailed }) => ({ service, parentSpanId, isFailed }))).toEqual([
    { service: 'freeflow-api', parentSpanId: request.spanId, isFailed: true },
    { service: 'freeflow-worker', parentSpanId: request.spanId, isFailed: false },
  ]);
  const operation = only(trace, 'operation create');
  expect(operation).toMatchObject({
    parentSpanId: request.spanId,
    attributes: { 'freeflow.tenant.id': id, 'freeflow.operation.kind': 'create', 'freeflow.outcome': 'done' },
  });

  const attempts = trace.filter(({ parentSpanId }) => parentSpanId === operation.spanId);
  const rows = await logRows();
  const ended = attempts.map(({ name, attributes }) => `${name} ${String(attributes['freeflow.outcome'])}`);
  expect(ended.sort()).toEqual(
    rows.map((it) => `${it.step} ${it.status === 'success' ? 'success' : 'failure'}`).sort(),
  );
  expect(ended).toEqual(expect.arrayContaining(['begin success', 'activate success']));
  for (const backend of BACKEND_KINDS) {
    const own = new Set(attempts.flatMap((it) => (it.name.startsWith(`${backend}.`) ? it.spanId : [])));
    const calls = trace.filter(
      ({ parentSpanId, attributes }) => own.has(parentSpanId) && attributes['freeflow.backend'] === backend,
    );
    expect([backend, calls.length > 2]).toEqual([backend, true]);
  }
  expect(
    trace.some(({ attributes, name }) => attributes['freeflow.backend'] === 'master' && name === 'transaction'),
  ).toBe(true);
  const ids = new Set(trace.map(({ spanId }) => spanId));
  expect(trace.filter((it) => it !== request && !ids.has(it.parentSpanId)).map(({ name }) => name)).toEqual([]);
});

const logRows = async (): Promise<LogRowBody[]> =>
  (await installation.request('GET', `/tenants/${id}/logs?limit=100`)).body['items'] as LogRowBody[];

test('the trace is named by the operation, by each row of the log, and by each line that is logged of it', async () => {
  const { traceId } = caller;
  const { body } = await installation.request('GET', `/tenants/${id}`);
  expect((body as unknown as TenantDetailBody).operation).toMatchObject({ traceId });
  expect(new Set((await logRows()).map((it) => it.traceId))).toEqual(new Set([traceId]));

  const about = linesOf('worker').filter(({ tenantId }) => tenantId === id);
  expect(about.filter(({ msg }) => msg === 'step done').length).toBeGreaterThan(7);
  expect(about.filter((it) => it['traceId'] !== traceId)).toEqual([]);
  const done = about.find(({ step }) => step === 'keycloak.create');
  expect(done).toMatchObject({
    backend: 'keycloak',
    operationId: expect.any(String),
    attempt: 1,
    durationMs: expect.any(Number),
  });
  const requested = linesOf('api').filter(({ requestId }) => requestId === 'the-create');
  expect(requested.map(({ msg }) => msg)).toEqual(['incoming request', 'request completed']);
  expect(requested.filter((it) => it['traceId'] !== traceId)).toEqual([]);
  const unstarted = linesOf('api').find(({ tenantId }) => tenantId === id);
  expect(unstarted).toMatchObject({ traceId, operationId: expect.any(String), cause: expect.any(String) });
});

test('no line has a field, and no span an attribute, of another name than docs/operations.md has it', async () => {
  const page = readFileSync(path.join(projectRoot(), 'docs', 'operations.md'), 'utf8');
  const cells = [...page.matchAll(/^\| (`.+?`) \|/gm)].map(([, names = '']) => names.replaceAll('`', ''));
  const known = new Set(cells.flatMap((it) => it.split(', ')));
  const fields = [...linesOf('api'), ...linesOf('worker')].flatMap((it) => Object.keys(it));
  const attributes = receiver.spans.flatMap((it) => Object.keys(it.attributes));
  expect([fields.length > 100, attributes.length > 500]).toEqual([true, true]);
  expect([...new Set([...fields, ...attributes])].filter((it) => !known.has(it))).toEqual([]);
});

test('a problem names its trace: that of its caller, or a new one where there is none, or a malformed one, and none where it is not kept', async () => {
  const problem = async (headers: Record<string, string>) =>
    (await installation.request('GET', `/tenants/${randomUUID()}`, undefined, headers)).body['traceId'];
  const other = newCaller();
  expect(await problem(other.headers)).toBe(other.traceId);
  await untilReceived('it', ({ traceId, name }) => traceId === other.traceId && name === 'GET /tenants/:id');
  expect(await problem({})).toMatch(/^[0-9a-f]{32}$/);
  const malformed = { traceparent: other.headers.traceparent.replace('-01', '-zz') };
  expect(await problem(malformed)).toMatch(new RegExp(`^(?!${other.traceId})[0-9a-f]{32}$`));
  const unsampled = newCaller('00');
  expect(await problem(unsampled.headers)).toBeUndefined();
  expect(spansOf(unsampled.traceId)).toEqual([]);
});

test('a collector that is away keeps no operation from being done; one that is back gets what comes then', async () => {
  const secrets = await secretsOf(installation, id);
  await receiver.close();
  expect(await deleteTenant(installation, id)).toMatchObject({ status: 'deleted', operation: { state: 'done' } });
  await until('both have told of it', async () =>
    (['api', 'worker'] as const).every((it) =>
      linesOf(it).some(({ msg }) => String(msg).startsWith('traces could not be sent')),
    ),
  );
  await receiver.listen();
  const late = newCaller();
  const token = await newToken(installation.info);
  await fetch(`${installation.apiUrl}/tenants?externalId=${token}`, {
    headers: { authorization: `Bearer ${token}`, ...late.headers },
  });
  await untilReceived('what comes then', ({ traceId }) => traceId === late.traceId);

  expect(receiver.tokens).toEqual(new Set([`Bearer ${collectorToken}`]));
  const sent = Buffer.concat(receiver.bodies).toString('latin1');
  expect(sent).toContain(id);
  expect(Object.keys(secrets)).toHaveLength(5);
  const all = { ...secrets, ...ownSecretsOf(installation), token, collectorToken };
  expect(findSecrets({ 'what was sent': sent }, all)).toEqual([]);
});

test('a process that ends sends what it has, and ends as ever where nobody takes it', async () => {
  const last = newCaller();
  await installation.request('GET', '/tenants', undefined, last.headers);
  const api = installation.api();
  await api.stop();
  expect(spansOf(last.traceId).map(({ name }) => name)).toContain('GET /tenants');
  await receiver.close();
  await worker.stop();
  expect([api.process.exitCode, worker.process.exitCode]).toEqual([0, 0]);
});

const writesPage = process.env['UPDATE_DOCS'] === '1' ? test : test.skip;

writesPage('docs/operations.md has a trace of a create as it is here', async () => {
  await receiver.listen();
  await Promise.all([
    installation.startApi({ ...env, TEMPORAL_ADDRESS: installation.info.temporal.address }),
    installation.startWorker(env),
  ]);
  const warmUp = await createTenant(installation, newName());
  const tenant = await createTenant(installation, newName());
  const { traceId } = await untilReceived(
    'it',
    ({ name, attributes }) => name === 'operation create' && attributes['freeflow.tenant.id'] === tenant.id,
  );
  await Promise.all([warmUp, tenant].map((it) => deleteTenant(installation, it.id)));
  const file = path.join(projectRoot(), 'docs', 'operations.md');
  const page = readFileSync(file, 'utf8').replace(
    /(<!-- a trace: .*-->\n```\n)[^]*?(\n```)/,
    `$1${traceText(spansOf(traceId))}$2`,
  );
  writeFileSync(file, page);
});
