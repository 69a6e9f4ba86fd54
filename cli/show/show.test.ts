import type { OperationBody, TenantDetailBody } from '@freeflow/contract/http';
import { outcomeOf } from './outcome';
import { stuckTable } from './stuck';
import { tenantDetails } from './tenant-details';
import { tenantTable } from './tenant-table';

const AT = '2026-11-27T06:00:00.000Z';
const park = (step: string, cause: string) => ({
  step,
  parkId: 1,
  cause,
  advice: `See freeflow doctor about ${step}.`,
  since: AT,
});

const operation = (given: Partial<OperationBody>): OperationBody => ({
  id: 'o',
  kind: 'create',
  state: 'done',
  step: null,
  attempts: 0,
  cause: null,
  advice: null,
  parked: [],
  force: false,
  backend: null,
  acceptServer: false,
  plan: null,
  onlyAt: null,
  overlapSeconds: null,
  requestedBy: 'me',
  traceId: null,
  evidence: null,
  requestedAt: AT,
  startedAt: AT,
  endedAt: null,
  run: { workflowId: 'tenant-t', runId: null, url: null },
  ...given,
});

const tenant = (given: Partial<TenantDetailBody>): TenantDetailBody => ({
  id: 't',
  name: 'acme',
  status: 'active',
  realmName: 'freeflow-acme',
  postgresDb: 'freeflow_acme',
  mongoDb: 'freeflow_acme',
  qdrantCollection: 'freeflow_acme_vectors',
  createdAt: AT,
  updatedAt: AT,
  goneAt: null,
  purgeAt: null,
  blueprintVersion: null,
  displayName: null,
  externalId: null,
  labels: {},
  plan: null,
  deletionProtected: false,
  holdUntil: null,
  holdReason: null,
  operation: null,
  interrupted: null,
  connections: [],
  adoptions: [],
  credentials: [],
  ...given,
});

test('a request with nothing to do does not read as done', () => {
  const done = operation({ kind: 'suspend', startedAt: null, endedAt: AT });
  expect(outcomeOf(tenant({ status: 'suspended' }), done, '0 ms', 'ff')).toBe(
    'acme is suspended already: nothing to do.',
  );
  expect(outcomeOf(tenant({ status: 'suspended' }), { ...done, startedAt: AT }, '3 s', 'ff')).toBe(
    'acme is suspended after 3 s.',
  );
});

test('every parked step is shown with its cause and its advice, and commands can be pasted', () => {
  const parked = [park('qdrant.create', 'full'), park('mongodb.create', 'away')];
  const text = outcomeOf(
    tenant({}),
    operation({ state: 'parked', step: 'qdrant.create', parked, attempts: 7 }),
    undefined,
    'ff',
  );
  expect(text).toContain('create is parked at qdrant.create, mongodb.create after 7 failed attempts');
  expect(text).toContain('qdrant.create: full\nSee ff doctor about qdrant.create.\nmongodb.create: away\n');
  for (const verb of ['retry', 'abort', 'skip']) expect(text).toContain(`ff tenants ${verb} acme`);
});

test('the list of what is stuck has a line for each parked step, and commands in place of requests', () => {
  const parked = [park('qdrant.drop', 'full'), park('mongodb.drop', 'away')];
  const text = stuckTable(
    [
      {
        ...tenant({ operation: operation({ state: 'parked', parked, attempts: 7 }) }),
        why: 'parked',
        advice: 'See qdrant.drop.',
      },
      { ...tenant({ name: 'globex', purgeAt: AT }), why: 'overdue-purge', advice: 'DELETE with mode=hard.' },
      { ...tenant({ name: 'initech' }), why: 'overdue-retire', advice: 'rotate with overlapSeconds 0' },
    ],
    undefined,
    'ff',
  );
  expect(text).toMatch(/^acme +create +qdrant\.drop +7 +\d+ \w+ +full$/m);
  expect(text).toMatch(/^acme +create +mongodb\.drop +7 +\d+ \w+ +away$/m);
  expect(text).toMatch(/^globex +purge +- /m);
  expect(text).toMatch(/^initech +retire +- .*old credentials are due to be ended/m);
  expect(text).toContain('ff tenants delete NAME --hard');
  expect(text).toContain('ff tenants rotate NAME --now');
  expect(text).not.toContain('mode=hard');
});

test('a tenant shows its last operation, and the one that a forced deletion has interrupted', () => {
  const text = tenantDetails(
    tenant({
      operation: operation({ kind: 'hard_delete', state: 'requested' }),
      interrupted: operation({ state: 'parked', parked: [park('qdrant.drop', 'full')] }),
    }),
    'ff',
  );
  expect(text).toMatch(/last operation +hard delete requested, requested by me/);
  expect(text).toMatch(/interrupted +create parked, requested by me/);
  expect(text).toContain('qdrant.drop: full');
});

test('one that is gone shows the proof of its absence', () => {
  const backends = [
    { kind: 'postgres', name: 'freeflow_acme', nonce: 'n', state: 'absent', found: 'no database, no role', seenAt: AT },
    { kind: 'qdrant', name: 'freeflow_acme_vectors', nonce: 'n', state: 'absent' },
  ];
  const gone = operation({ kind: 'hard_delete', endedAt: AT, evidence: { backends, secretsDestroyed: 5 } });
  const text = tenantDetails(tenant({ status: 'deleted', goneAt: AT, operation: gone }), 'ff');
  expect(text).toContain('Read back from the backends:');
  expect(text).toMatch(/postgres +freeflow_acme is absent: no database, no role \(2026/);
  expect(text).toMatch(/qdrant +freeflow_acme_vectors is absent: nothing was created/);
  expect(text).toMatch(/secrets +5 destroyed/);
});

const FUTURE = '2999-01-01T00:00:00.000Z';

test('a tenant shows what it is called, its labels, and what keeps it from being deleted', () => {
  const text = tenantDetails(
    tenant({
      displayName: 'Acme Inc.',
      externalId: 'crm-4711',
      labels: { tier: 'gold', region: 'eu' },
      holdUntil: FUTURE,
      holdReason: 'case 4711',
      status: 'deleted',
      purgeAt: AT,
    }),
    'ff',
  );
  expect(text).toMatch(/display name +Acme Inc\.\nexternal id +crm-4711\nlabels +region=eu, tier=gold\n/);
  expect(text).toContain(`until ${FUTURE}, neither purged nor hard-deleted before: case 4711`);
  expect(text).toMatch(new RegExp(`purged +at ${FUTURE} or soon after`));
  expect(text).not.toMatch(/^protected/m);
});

test('a purge that is due does not read as such while the tenant is protected, nor a hold that is over as one', () => {
  const text = tenantDetails(tenant({ deletionProtected: true, holdUntil: AT, status: 'deleted', purgeAt: AT }), 'ff');
  expect(text).toMatch(/^protected +from every deletion, a purge included$/m);
  expect(text).toMatch(/^held +until \S+, which is over$/m);
  expect(text).toMatch(/^purged +not while it is protected/m);
});

test('what is protected while it is created is told that the create is rolled back all the same', () => {
  const text = tenantDetails(tenant({ deletionProtected: true, status: 'provisioning' }), 'ff');
  expect(text).toMatch(/^protected +from every deletion, .* its create is still rolled back where it fails/m);
});

test('a list has columns for what any tenant has, and marks those that are not deleted', () => {
  expect(tenantTable([tenant({})], undefined)).toMatch(/^NAME +STATUS +AGE +LAST OPERATION +ID +CAUSE\n/);
  const text = tenantTable(
    [
      tenant({ externalId: 'crm-1', labels: { tier: 'gold' }, deletionProtected: true, holdUntil: FUTURE }),
      tenant({ name: 'globex', status: 'deleted', holdUntil: AT }),
    ],
    undefined,
  );
  expect(text).toMatch(/^NAME .* ID +EXTERNAL ID +LABELS +CAUSE$/m);
  expect(text).toMatch(/^acme +active, protected, held .* t +crm-1 +tier=gold$/m);
  expect(text).toMatch(/^globex +deleted +\d/m);
});

test('the trace of an operation is shown where it has one', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  expect(tenantDetails(tenant({ operation: operation({ traceId }) }), 'ff')).toMatch(new RegExp(`trace +${traceId}`));
  expect(tenantDetails(tenant({ operation: operation({}) }), 'ff')).not.toContain('trace');
});
