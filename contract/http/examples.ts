// One tenant, acme, as the documentation of the API shows it. Each is an example of a schema of this folder, which a
// unit test compares with it.

const ID = '6f0c1d5e-8a34-4b7e-9a51-2f1f0f0c7b11';
const OPERATION_ID = '0d9a2c34-52f1-4a0e-8a52-3d6f5b8f7a20';
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const AT = { begun: '2026-11-27T23:00:00.000Z', ended: '2026-11-27T23:00:01.412Z', later: '2026-12-04T23:00:00.000Z' };

const operation = {
  id: OPERATION_ID,
  kind: 'create',
  state: 'requested',
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
  requestedBy: 'b1f4c0de-alice',
  traceId: TRACE_ID,
  evidence: null,
  requestedAt: AT.begun,
  startedAt: null,
  endedAt: null,
  run: { workflowId: `tenant-${ID}`, runId: null, url: null },
};

const parked = {
  step: 'qdrant.create',
  parkId: 1,
  cause: 'Qdrant does not answer',
  advice: 'Check the server and its address; it goes on by itself, or retry.',
  since: '2026-11-27T23:02:00.000Z',
};

const tenant = {
  id: ID,
  name: 'acme',
  status: 'provisioning',
  realmName: 'freeflow-acme',
  postgresDb: 'freeflow_acme',
  mongoDb: 'freeflow_acme',
  qdrantCollection: 'freeflow_acme_vectors',
  createdAt: AT.begun,
  updatedAt: AT.begun,
  goneAt: null,
  purgeAt: null,
  blueprintVersion: null,
  displayName: 'Acme Inc.',
  externalId: 'crm-4711',
  labels: { tier: 'gold', region: 'eu' },
  plan: 'free',
  deletionProtected: false,
  holdUntil: null,
  holdReason: null,
  operation,
  interrupted: null,
};

const done = {
  ...operation,
  state: 'done',
  startedAt: AT.begun,
  endedAt: AT.ended,
  run: { workflowId: `tenant-${ID}`, runId: '019ac7d2-5f00-7c3e-8b44-0c6a8e0f5a11', url: null },
};
const active = { ...tenant, status: 'active', blueprintVersion: 1, updatedAt: AT.ended, operation: done };
const stuck = {
  ...tenant,
  operation: { ...done, state: 'parked', step: parked.step, attempts: 4, parked: [parked], endedAt: null },
};

const fleetUpgrade = {
  id: '3b1f9a64-7c0e-4c52-9a57-0f1d2e3c4b5a',
  version: 2,
  canary: 2,
  concurrency: 8,
  pauseOnFailures: 3,
  only: ['tier:gold'],
  state: 'running',
  reason: null,
  counts: { waiting: 30, running: 8, done: 0, failed: 1, left: 1, cancelled: 0 },
  requestedBy: 'b1f4c0de-alice',
  createdAt: AT.begun,
  endedAt: null,
  tenants: [
    {
      tenantId: ID,
      name: 'acme',
      state: 'failed',
      isCanary: false,
      cause: 'rolled back at postgres.apply: postgres/003.sql:4: relation "orders" already exists (42P07)',
      operationId: OPERATION_ID,
      changedAt: AT.ended,
    },
  ],
};

/** What schemas of the API are shown with, by what they are of. */
export const EXAMPLES = {
  tenant,
  tenantDetail: {
    ...active,
    connections: [
      {
        service: 'postgres',
        dbName: 'freeflow_acme',
        host: 'postgres.example.com',
        port: 5432,
        username: 'freeflow_acme_app',
        secretRef: 'db://c1a7e0f2-5b3d-4c2e-8f10-7a6b5c4d3e2f?v=1',
        options: { sslmode: 'require' },
      },
    ],
    adoptions: [],
    credentials: [
      { backend: 'postgres', version: 2, rotatedAt: AT.ended, previousValidUntil: AT.later },
      { backend: 'mongodb', version: 1, rotatedAt: null, previousValidUntil: null },
    ],
  },
  tenantPage: { items: [active], nextCursor: null },
  operationPage: { items: [done], nextCursor: null },
  createTenant: { name: 'acme', displayName: 'Acme Inc.', externalId: 'crm-4711', labels: { tier: 'gold' } },
  updateTenant: { displayName: 'Acme Ltd.', labels: { tier: 'gold', trial: null }, deletionProtected: true },
  hold: { until: '2027-01-31T00:00:00Z', reason: 'Case 4711: keep everything' },
  plans: {
    items: [
      {
        name: 'free',
        title: 'Free',
        limits: { postgres: { connections: 10, statementTimeout: 30_000 }, qdrant: { points: 100_000 } },
      },
    ],
  },
  usage: {
    id: ID,
    name: 'acme',
    plan: 'free',
    backends: [
      {
        backend: 'postgres',
        plan: 'free',
        measuredAt: AT.later,
        measures: [
          { measure: 'size', value: 901_775_360, limit: 1_073_741_824, percent: 83 },
          { measure: 'connections', value: 2, limit: 5, percent: 40 },
        ],
      },
    ],
  },
  usageList: {
    items: [
      {
        id: ID,
        name: 'acme',
        percent: 83,
        backend: 'postgres',
        plan: 'free',
        measuredAt: AT.later,
        measures: [{ measure: 'size', value: 901_775_360, limit: 1_073_741_824, percent: 83 }],
      },
    ],
    isComplete: true,
  },
  nothing: {},
  retry: { step: parked.step },
  abort: { reason: 'Qdrant stays away until Monday' },
  skip: { step: 'mongodb.drop', reason: 'The server is gone for good' },
  rotate: { backend: 'postgres', overlapSeconds: 3_600 },
  adopt: { backend: 'postgres', acceptServer: false },
  reveal: {
    backend: 'postgres',
    publicKey: {
      kty: 'EC',
      crv: 'P-256',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    },
    reason: 'Case 4711: the application lost its configuration',
  },
  revealed: {
    sealed: 'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6ey4uLn19..bm9uY2U.Y2lwaGVydGV4dA.dGFn',
    backends: ['postgres'],
  },
  stuckList: {
    items: [{ ...stuck, why: 'parked', advice: parked.advice }],
    isComplete: true,
    notShown: 0,
    notAsked: 0,
  },
  bulkAnswer: { items: [{ id: ID, name: 'acme', result: 'retried' }], isComplete: true },
  logPage: {
    items: [
      {
        id: '5b0a3c0e-6c0b-5e55-9b8e-1d2f3a4b5c6d',
        seq: 2,
        operationId: OPERATION_ID,
        step: 'postgres.create',
        status: 'success',
        message: 'freeflow_acme with its two roles',
        attempt: 1,
        durationMs: 184,
        traceId: TRACE_ID,
        createdAt: '2026-11-27T23:00:00.214Z',
      },
    ],
    nextCursor: null,
  },
  auditPage: {
    items: [
      {
        id: '8e0d0b1a-9d6e-4d0c-a6b3-7d4f0f1e2a3b',
        at: AT.begun,
        actor: 'b1f4c0de-alice',
        actorName: 'alice',
        channel: 'api',
        address: '192.0.2.7',
        userAgent: 'freeflow/0.1.0',
        action: 'tenants.create',
        tenantId: ID,
        tenantName: 'acme',
        operationId: OPERATION_ID,
        outcome: 'accepted',
        status: 202,
        code: null,
        requestId: '4f7a2b90-1c3d-4e5f-8a6b-9c0d1e2f3a4b',
        detail: null,
        count: 1,
        windowSeconds: null,
      },
    ],
    nextCursor: null,
  },
  upgradeFleet: { canary: 2, concurrency: 8, pauseOnFailures: 3, only: ['tier:gold'] },
  fleetUpgrade,
  fleet: {
    version: 2,
    versions: [
      { version: 2, publishedAt: AT.begun, tenants: 0 },
      { version: 1, publishedAt: AT.begun, tenants: 40 },
    ],
    behind: { now: 39, later: 1 },
    upgrade: fleetUpgrade,
  },
  reconcile: { fix: false },
  started: { id: '019ac7d2-9a10-7f00-8000-3f2b1a0c9d8e' },
  report: {
    id: '019ac7d2-9a10-7f00-8000-3f2b1a0c9d8e',
    requestedBy: 'schedule',
    fix: false,
    startedAt: '2026-11-28T00:00:00.000Z',
    endedAt: '2026-11-28T00:00:04.300Z',
    counts: { resources: 4, orphan: 1, missing: 0, drifted: 0, stale: 0, unknown: 0, fixed: 0, notChecked: 0 },
    findings: [
      {
        class: 'orphan',
        backend: 'postgres',
        name: 'freeflow_initech',
        id: '16785',
        tenantId: null,
        what: 'the ledger has no record of it',
        fixable: false,
        fixed: false,
      },
    ],
  },
  drop: { backend: 'postgres', name: 'freeflow_initech', externalId: '16785' },
  orphanDrop: {
    id: '019ac7d3-0b20-7a00-8000-6a5b4c3d2e1f',
    backend: 'postgres',
    name: 'freeflow_initech',
    externalId: '16785',
    state: 'running',
    cause: null,
    evidence: null,
    requestedBy: 'b1f4c0de-alice',
    startedAt: '2026-11-28T00:05:00.000Z',
    endedAt: null,
  },
  cloudEvent: {
    specversion: '1.0',
    id: '4712',
    source: `/tenants/${ID}`,
    type: 'com.freeflow.tenant.status-changed',
    time: AT.ended,
    subject: 'acme',
    datacontenttype: 'application/json',
    data: { tenantId: ID, tenantName: 'acme', operationId: null, from: 'provisioning', to: 'active' },
  },
} as const;
