import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  BACKEND_KINDS,
  REVEAL_SEALING,
  REVEALS_A_MINUTE,
  revealIdOf,
  type BackendKind,
  type RevealInput,
  type RevealOutcome,
} from '@freeflow/contract';
import { revealedContent, type RevealedContent } from '@freeflow/contract/http';
import { createMasterClient, recordAudit } from '@freeflow/db-master';
import { calculateJwkThumbprint, compactDecrypt, exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { newName } from '../support/activity-harness';
import { auditedRows, type AuditedRow } from '../support/audit';
import { findSecrets } from '../support/find-secret';
import { envOf } from '../support/freeflow';
import { freeflowHere } from '../support/freeflow-here';
import { openTestInstallation, type Answer, type Running, type TestInstallation } from '../support/installation';
import { tryConnection, type Connected } from '../support/steady-clients';
import { historyText } from '../support/temporal';
import { secretsOf } from '../support/tenant-app';
import { change, createTenant, deleteTenant, logOf, rotate, type Tenant } from '../support/tenants';
import { until } from '../support/until';

const REASON = 'Case 4711';
const IN = { postgres: 'in', mongodb: 'in', qdrant: 'in', keycloak: 'in' };

let installation: TestInstallation;
let worker: Running;
let tenant: Tenant;
beforeAll(async () => {
  installation = await openTestInstallation({ worker: false });
  worker = await installation.startWorker();
  tenant = await createTenant(installation, newName('rev'));
});
afterAll(async () => {
  await deleteTenant(installation, tenant.id);
  await installation.close();
});

interface Asker {
  publicKey: object;
  privateKey: CryptoKey;
}

/** Whoever asks, with a key that is made for it. */
async function newAsker(): Promise<Asker> {
  const { publicKey, privateKey } = await generateKeyPair(REVEAL_SEALING.alg, { crv: 'P-256', extractable: true });
  const { kty, crv, x, y } = await exportJWK(publicKey);
  return { publicKey: { kty, crv, x, y }, privateKey };
}

const ask = (body: object, id = tenant.id, headers: Record<string, string> = {}): Promise<Answer> =>
  installation.request('POST', `/tenants/${id}/credentials`, { reason: REASON, ...body }, headers);

async function open(sealed: unknown, { privateKey }: Pick<Asker, 'privateKey'>): Promise<RevealedContent> {
  const { plaintext } = await compactDecrypt(String(sealed), privateKey);
  return revealedContent.parse(JSON.parse(new TextDecoder().decode(plaintext)));
}

/** What each backend answers to these credentials. */
async function answersTo(connected: Connected): Promise<Record<string, string>> {
  const answers = await Promise.all(BACKEND_KINDS.map(async (kind) => [kind, await tryConnection(kind, connected)]));
  return Object.fromEntries(answers) as Record<string, string>;
}

/** The rows of one request, once there are so many. */
const rowsOf = (answer: Answer, count: number): Promise<AuditedRow[]> =>
  until('its rows are there', async () => {
    const rows = await auditedRows(installation.master, { requestId: answer.headers.get('x-request-id') });
    return rows.length >= count ? rows : undefined;
  });

async function revealRuns(): Promise<string[]> {
  const ids: string[] = [];
  const query = `WorkflowType = 'revealCredentials' AND TaskQueue = '${installation.taskQueue}'`;
  for await (const { workflowId } of installation.operator.client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}

/** Every row of every table of the master database. */
async function masterText(): Promise<string> {
  const { rows: tables } = await installation.master.query<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const texts = await Promise.all(
    tables.map(async ({ name }) => JSON.stringify((await installation.master.query(`SELECT * FROM ${name}`)).rows)),
  );
  return texts.join('\n');
}

/** As whoever reaches Temporal starts it. */
const runByHand = (input: RevealInput): Promise<RevealOutcome> =>
  installation.operator.client.workflow.execute<(it: RevealInput) => Promise<RevealOutcome>>('revealCredentials', {
    workflowId: revealIdOf(installation.taskQueue, randomUUID()),
    taskQueue: installation.taskQueue,
    args: [input],
  });

/** The logs of worker and API. */
const logs = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(installation.logDir).map((it) => [it, readFileSync(path.join(installation.logDir, it), 'utf8')]),
  );

test('credentials are revealed to whoever has asked, and work at all backends', async () => {
  const asker = await newAsker();
  const { status, body, headers, text } = await ask({ publicKey: asker.publicKey });
  expect({ status, text }).toMatchObject({ status: 200 });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(body['backends']).toEqual(BACKEND_KINDS);
  const content = await open(body['sealed'], asker);
  expect(content).toMatchObject({ tenant: { id: tenant.id, name: tenant.name }, warnings: [] });
  expect(await answersTo(content.connections as Connected)).toEqual(IN);
  const env = {
    MASTER_DATABASE_URL: installation.workerMasterUrl,
    SECRETS_KEY: installation.info.secretsKey,
    KEYCLOAK_URL: installation.info.keycloak.url,
    FREEFLOW_STACK_DIR: '/nonexistent',
  };
  const { stdout } = await freeflowHere(['tenants', 'connect', tenant.name, '--json'], env);
  expect(content.connections).toEqual(JSON.parse(stdout));
});

test('of one backend alone; another key does not open it, and nothing that was handed on does', async () => {
  const [asker, other] = [await newAsker(), await newAsker()];
  const { body } = await ask({ publicKey: asker.publicKey, backend: 'qdrant' });
  await expect(open(body['sealed'], other)).rejects.toThrow('decryption operation failed');
  const { connections } = await open(body['sealed'], asker);
  expect(Object.keys(connections)).toEqual(['qdrant']);
});

test('under a request id and a key that were used before, it is written down all the same', async () => {
  const { publicKey } = await newAsker();
  const requestId = randomUUID();
  for (const backend of ['qdrant', 'mongodb'])
    await ask({ publicKey, backend }, tenant.id, { 'x-request-id': requestId });
  const rows = await auditedRows(installation.master, { requestId, action: 'secrets.reveal' });
  expect(rows.map(({ detail }) => detail?.['backends'])).toEqual([['qdrant'], ['mongodb']]);
});

test('after a rotation it is the new ones that are revealed, and until when those before work', async () => {
  await rotate(installation, tenant.id, 3_600);
  const asker = await newAsker();
  const { connections } = await open((await ask({ publicKey: asker.publicKey })).body['sealed'], asker);
  expect(await answersTo(connections as Connected)).toEqual(IN);
  expect(connections.postgres?.['username']).toMatch(/_login_[abc]$/);
  expect(connections.postgres?.['previousUntil']).toEqual(expect.stringMatching(/Z$/));
});

test('no secret stands in a history, a log, a row of the master database or an answer', async () => {
  const secrets = await secretsOf(installation, tenant.id);
  expect(Object.keys(secrets).length).toBeGreaterThanOrEqual(5);
  const { text } = await ask({ publicKey: (await newAsker()).publicKey });
  const ids = await until('Temporal lists them', async () => {
    const found = await revealRuns();
    return found.length >= 4 ? found : undefined;
  });
  const histories = await Promise.all(
    ids.map(async (it) => [`history ${it}`, await historyText(installation.operator, it)] as const),
  );
  const places = { ...Object.fromEntries(histories), ...logs(), 'the master database': await masterText(), text };
  expect(histories[0]?.[1]).toContain(tenant.id);
  expect(places['the master database']).toContain('revealed to');
  expect(findSecrets(places, secrets)).toEqual([]);
});

test('who has asked, why, at which backend and what came of it is in the audit trail, by API and worker', async () => {
  const asker = await newAsker();
  const answer = await ask({ publicKey: asker.publicKey, backend: 'mongodb' });
  const rows = await rowsOf(answer, 3);
  const common = { tenantId: tenant.id, tenantName: tenant.name, actor: expect.any(String), channel: 'api' };
  const asked = { backend: 'mongodb', reason: REASON, key: expect.stringMatching(/^[\w-]{43}$/) };
  expect(rows).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ ...common, action: 'tenants.reveal', outcome: 'begun', detail: asked }),
      expect.objectContaining({
        ...common,
        action: 'secrets.reveal',
        outcome: 'done',
        actorName: null,
        detail: { backends: ['mongodb'], key: asked.key },
      }),
      expect.objectContaining({ ...common, action: 'tenants.reveal', outcome: 'accepted', status: 200, detail: asked }),
    ]),
  );
  const log = await logOf(installation, tenant.id);
  expect(log.at(-1)).toMatchObject({
    step: 'connect',
    message: expect.stringMatching(/^connection strings of mongodb revealed to /),
  });
});

describe('what is no public key on P-256 is refused by name', () => {
  const cases: [string, (key: Record<string, unknown>) => object | undefined, string][] = [
    ['none', () => undefined, '/publicKey'],
    ['a private one', (key) => ({ ...key, d: key['x'] }), '/publicKey/d'],
    ['another curve', (key) => ({ ...key, crv: 'P-384' }), '/publicKey/crv'],
    ['another kind', (key) => ({ ...key, kty: 'RSA' }), '/publicKey/kty'],
    ['a part missing', ({ y: _y, ...key }) => key, '/publicKey/y'],
    ['no base64url', (key) => ({ ...key, x: '+'.repeat(43) }), '/publicKey/x'],
    ['no point of the curve', (key) => ({ ...key, y: key['x'] }), '/publicKey'],
  ];
  test.each(cases)('%s', async (_what, changed, pointer) => {
    const { publicKey } = await newAsker();
    const { status, body } = await ask({ publicKey: changed(publicKey as Record<string, unknown>) });
    expect({ status, code: body.code, errors: body['errors'] }).toEqual({
      status: 400,
      code: 'body-invalid',
      errors: [expect.objectContaining({ pointer })],
    });
  });
});

test('whoever reaches Temporal alone is handed nothing: what the API has not written down is not read', async () => {
  const [before, asker, other] = [await newAsker(), await newAsker(), await newAsker()];
  const asked = await ask({ publicKey: before.publicKey });
  const [{ actor, requestId } = { actor: null, requestId: null }] = await rowsOf(asked, 1);
  const input = (key: Asker, claimed: string | null): RevealInput => ({
    tenantId: tenant.id,
    backend: null,
    publicKey: key.publicKey as RevealInput['publicKey'],
    reason: 'by hand',
    requestedBy: actor ?? '',
    requestedByName: null,
    requestId: claimed ?? '',
  });
  // Neither under a request of one's own nor under one that was really sent, with another key or of another backend.
  const again = input(before, requestId);
  for (const it of [
    input(asker, randomUUID()),
    input(other, requestId),
    { ...again, backend: 'qdrant' } as const,
    { ...again, requestedBy: 'somebody' },
  ]) {
    await expect(runByHand(it)).rejects.toMatchObject({
      cause: { cause: { message: 'Nobody has asked the API for these credentials, sealed to this key.' } },
    });
  }
});

test('nor does a worker write down of whom or why but what the API has', async () => {
  const asker = await newAsker();
  const [row] = await rowsOf(await ask({ publicKey: asker.publicKey, backend: 'qdrant' }), 3);
  const requestId = row?.requestId ?? '';
  await runByHand({
    tenantId: tenant.id,
    backend: 'qdrant',
    publicKey: asker.publicKey as RevealInput['publicKey'],
    reason: 'forged',
    requestedBy: row?.actor ?? '',
    requestedByName: 'forged',
    requestId,
  });
  expect(await auditedRows(installation.master, { requestId, action: 'secrets.reveal' })).toHaveLength(2);
  expect(await masterText()).not.toContain('forged');
});

test('who has a name that the audit trail does not keep as it is can ask', async () => {
  const { publicKey } = await newAsker();
  const [requestedBy, requestId] = ['token=abcdefgh', randomUUID()];
  const key = await calculateJwkThumbprint(publicKey as RevealInput['publicKey']);
  const row = { channel: 'api', action: 'tenants.reveal', outcome: 'begun', tenantId: tenant.id, requestId } as const;
  const api = createMasterClient(installation.apiMasterUrl);
  await recordAudit(api, [{ ...row, actor: requestedBy, detail: { backend: 'qdrant', key } }]);
  await api.$disconnect();
  const input = { tenantId: tenant.id, backend: 'qdrant', reason: REASON, requestedByName: null } as const;
  const answer = await runByHand({
    ...input,
    publicKey: publicKey as RevealInput['publicKey'],
    requestedBy,
    requestId,
  });
  expect(answer).toMatchObject({ backends: ['qdrant'] });
});

test('through the API, the command line hands out the same as with the key of the secrets', async () => {
  const connect = (...args: string[]) =>
    freeflowHere(['tenants', 'connect', tenant.name, ...args], envOf(installation));
  const { stdout, stderr, code } = await connect('postgres', '--reason', REASON, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const connected = JSON.parse(stdout) as Record<BackendKind, Record<string, string>>;
  expect(await tryConnection('postgres', connected)).toBe('in');
  expect(await connect('--through-api')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('A reason is missing.'),
  });
});

test('of a tenant that is not active nothing is revealed, and that it was asked for is written down', async () => {
  await change(installation, tenant.id, 'suspend');
  const answer = await ask({ publicKey: (await newAsker()).publicKey });
  expect(answer).toMatchObject({ status: 409, body: { code: 'suspended' } });
  expect((await rowsOf(answer, 2)).map(({ action, outcome, status }) => [action, outcome, status])).toEqual([
    ['tenants.reveal', 'begun', null],
    ['tenants.reveal', 'refused', 409],
  ]);
  await change(installation, tenant.id, 'resume');
  const unknown = await ask({ publicKey: (await newAsker()).publicKey }, randomUUID());
  expect(unknown).toMatchObject({ status: 404, body: { code: 'tenant-unknown' } });
});

test('nobody asks more often than people do', async () => {
  const asked: Answer[] = [];
  await until('it is too much', async () => {
    asked.push(await ask({ publicKey: (await newAsker()).publicKey, backend: 'qdrant' }));
    return asked.at(-1)?.status !== 200;
  });
  expect(asked.at(-1)).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
  // A minute may have ended in between.
  expect(asked.length).toBeLessThanOrEqual(2 * REVEALS_A_MINUTE);
});

test('where the workers are set so nothing is revealed; without any it is said, with a way out', async () => {
  await Promise.all([worker.stop(), installation.api().stop()]);
  // What was asked too often is counted by the one before.
  await installation.startApi();
  const silent = await ask({ publicKey: (await newAsker()).publicKey });
  expect(silent).toMatchObject({
    status: 503,
    body: { code: 'no-worker', advice: expect.stringContaining('freeflow tenants connect') },
  });
  expect((await rowsOf(silent, 2)).at(-1)).toMatchObject({ outcome: 'failed', status: 503, code: 'no-worker' });
  worker = await installation.startWorker({ CREDENTIALS_REVEAL: 'off' });
  const answer = await ask({ publicKey: (await newAsker()).publicKey });
  expect(answer).toMatchObject({ status: 409, body: { code: 'reveal-off' } });
});

test('where Keycloak takes requests and says nothing, all is revealed but what it alone knows', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  await worker.stop();
  worker = await installation.startWorker({ KEYCLOAK_TENANT_URL: url });
  const asker = await newAsker();
  const { status, body, text } = await ask({ publicKey: asker.publicKey });
  expect({ status, text }).toMatchObject({ status: 200 });
  const { connections, warnings } = await open(body['sealed'], asker);
  expect(Object.keys(connections)).toEqual(BACKEND_KINDS);
  expect(warnings).toEqual([expect.stringContaining('does not answer with the issuer')]);
  silent.close();
  silent.closeAllConnections();
});
