import { randomUUID } from 'node:crypto';
import { ENDED_STATES, OPEN_STATES } from '@freeflow/contract';
import { newTestDatabase, outcomeOf, query, type TestDatabase } from '../test/support/migrated-database';
import { TenantStatus } from './generated/client';

const UNIQUE = '23505';
const CHECK = '23514';
const FOREIGN_KEY = '23503';
const NOT_NOW = '55000';

let database: TestDatabase;

beforeAll(async () => {
  database = newTestDatabase();
  await database.migrate();
});
afterAll(() => database.drop());

describe('the name of a tenant', () => {
  it.each(['abc', '0a9', 'a'.repeat(30)])('may be %s', async (name) => {
    expect(await outcomeOf(newTenant(name))).toBe('ok');
  });

  it.each(['', 'ab', 'a'.repeat(31), 'Acme', 'ac-me', 'ac_me', 'ac me', 'acmé', 'acme١', 'acme\n', '\nacme'])(
    'may not be %j, whoever writes it',
    async (name) => {
      expect(await outcomeOf(newTenant(name))).toBe(CHECK);
    },
  );

  it('is taken while its tenant lives, in whatever status, and free again once that is gone', async () => {
    const first = await newTenant('acme');
    for (const status of Object.values(TenantStatus)) {
      await query(database.url, 'UPDATE "Tenant" SET "status" = $2::"TenantStatus" WHERE "id" = $1', [first, status]);
      expect(await outcomeOf(newTenant('acme'))).toBe(UNIQUE);
    }
    await query(database.url, 'UPDATE "Tenant" SET "goneAt" = now() WHERE "id" = $1', [first]);
    const second = await newTenant('acme');
    expect(await outcomeOf(newTenant('acme'))).toBe(UNIQUE);
    await query(database.url, 'UPDATE "Tenant" SET "goneAt" = now() WHERE "id" = $1', [second]);
    expect(await query(database.url, 'SELECT count(*)::int AS n FROM "Tenant" WHERE "name" = $1', ['acme'])).toEqual([
      { n: 2 },
    ]);
    // Nor can one that is gone come back beside its successor.
    await newTenant('acme');
    expect(await outcomeOf(query(database.url, 'UPDATE "Tenant" SET "goneAt" = NULL WHERE "id" = $1', [first]))).toBe(
      UNIQUE,
    );
  });
});

describe('what an administrator sets of a tenant', () => {
  const set = (id: string, change: string, values: unknown[] = []) =>
    outcomeOf(query(database.url, `UPDATE "Tenant" SET ${change} WHERE "id" = $1`, [id, ...values]));

  it.each([
    ['protected', `"deletionProtected" = true`, `"deletionProtected" = false`],
    ['on hold', `"holdUntil" = now() + interval '1 day'`, `"holdUntil" = now() - interval '1 ms'`],
  ])('no deletion begins of a tenant that is %s, whatever build begins it', async (_, keep, release) => {
    const id = await newTenant();
    await set(id, `status = 'deleted', ${keep}`);
    expect(await set(id, `status = 'deleting'`)).toBe(NOT_NOW);
    expect(await set(id, `status = 'deleting', ${release}`)).toBe(NOT_NOW);
    expect(await set(id, `status = 'suspended'`)).toBe('ok');
    expect(await set(id, release)).toBe('ok');
    expect(await set(id, `status = 'deleting'`)).toBe('ok');
    // What has begun goes on.
    await set(id, keep);
    expect(await set(id, `status = 'deleting', "logSeq" = 1`)).toBe('ok');
  });

  it('an external id is taken while its tenant lives, and free again once that is gone; none is no conflict', async () => {
    const [first, second] = [await newTenant(), await newTenant()];
    expect(await set(first, '"externalId" = $2', ['crm-1'])).toBe('ok');
    expect(await set(second, '"externalId" = $2', ['crm-1'])).toBe(UNIQUE);
    await set(first, '"goneAt" = now()');
    expect(await set(second, '"externalId" = $2', ['crm-1'])).toBe('ok');
    expect(await set(first, '"goneAt" = NULL')).toBe(UNIQUE);
    expect([await set(first, '"externalId" = NULL'), await set(second, '"externalId" = NULL')]).toEqual(['ok', 'ok']);
  });

  it.each(['', ' ', 'a b', 'é', 'a\n', 'x'.repeat(201)])(
    'an external id may not be %j, whoever writes it',
    async (id) => {
      expect(await set(await newTenant(), '"externalId" = $2', [id])).toBe(CHECK);
    },
  );

  it.each([
    ['{}', 'ok'],
    ['{"tier":"gold","x":""}', 'ok'],
    ['[]', CHECK],
    ['null', CHECK],
    ['"gold"', CHECK],
    ['{"tier":1}', CHECK],
    ['{"tier":null}', CHECK],
    ['{"tier":["gold"]}', CHECK],
    ['{"tier":{"a":"b"}}', CHECK],
  ])('labels are text by key: %s is %s', async (labels, outcome) => {
    expect(await set(await newTenant(), '"labels" = $2::jsonb', [labels])).toBe(outcome);
  });

  it('a reason is that of a hold', async () => {
    const id = await newTenant();
    expect(await set(id, `"holdReason" = 'x'`)).toBe(CHECK);
    expect(await set(id, `"holdReason" = 'x', "holdUntil" = now()`)).toBe('ok');
    expect(await set(id, `"holdUntil" = NULL`)).toBe(CHECK);
  });

  it('a new tenant has none of it', async () => {
    const id = await newTenant();
    expect(
      await query(
        database.url,
        'SELECT "displayName", "externalId", "labels", "deletionProtected", "holdUntil", "holdReason" FROM "Tenant" WHERE "id" = $1',
        [id],
      ),
    ).toEqual([
      { displayName: null, externalId: null, labels: {}, deletionProtected: false, holdUntil: null, holdReason: null },
    ]);
  });
});

describe('updatedAt', () => {
  it('is set by the database when a row is changed, but not by numbering its log or by looking for a run', async () => {
    const tenantId = await newTenant();
    await newOperation(tenantId);
    await query(
      database.url,
      `INSERT INTO "TenantResource" ("id", "tenantId", "kind", "name", "nonce") VALUES ($1, $2, 'postgres', 'x', $3)`,
      [randomUUID(), tenantId, randomUUID()],
    );
    await query(
      database.url,
      `INSERT INTO "TenantConnection" ("id", "tenantId", "service", "dbName") VALUES ($1, $2, 'postgres', 'x')`,
      [randomUUID(), tenantId],
    );
    const isTouchedBy = async (table: string, change: string) => {
      const own = `"${table === 'Tenant' ? 'id' : 'tenantId'}" = $1`;
      await query(database.url, `UPDATE "${table}" SET "updatedAt" = '2020-01-01' WHERE ${own}`, [tenantId]);
      await query(database.url, `UPDATE "${table}" SET ${change} WHERE ${own}`, [tenantId]);
      const [row] = await query(
        database.url,
        `SELECT "updatedAt" > now() - interval '1 minute' AS "isNow", "updatedAt" = '2020-01-01' AS "isOld" FROM "${table}" WHERE ${own}`,
        [tenantId],
      );
      return row;
    };
    const [changed, untouched] = [
      { isNow: true, isOld: false },
      { isNow: false, isOld: true },
    ];
    expect(await isTouchedBy('Tenant', `"purgeAt" = now()`)).toEqual(changed);
    expect(await isTouchedBy('Tenant', `"logSeq" = "logSeq" + 1`)).toEqual(untouched);
    expect(await isTouchedBy('TenantOperation', `"attempts" = 1`)).toEqual(changed);
    expect(await isTouchedBy('TenantOperation', `"sweepAt" = now()`)).toEqual(untouched);
    expect(await isTouchedBy('TenantResource', `"callStartedAt" = now()`)).toEqual(changed);
    expect(await isTouchedBy('TenantConnection', `"host" = 'x'`)).toEqual(changed);
  });
});

describe('the effect of an unanswered call', () => {
  const change = async (set: string, before: string) => {
    const [id, tenantId] = [randomUUID(), await newTenant()];
    await query(
      database.url,
      `INSERT INTO "TenantResource" ("id", "tenantId", "kind", "name", "nonce") VALUES ($1, $2, 'keycloak', 'x', $3)`,
      [id, tenantId, randomUUID()],
    );
    const where = 'WHERE "id" = $1';
    await query(database.url, `UPDATE "TenantResource" SET ${before} ${where}`, [id]);
    await query(database.url, `UPDATE "TenantResource" SET ${set} ${where}`, [id]);
    return (await query(database.url, `SELECT "callEffect" FROM "TenantResource" ${where}`, [id]))[0]?.['callEffect'];
  };
  const DROP = `"callStartedAt" = '2026-01-01', "callEffect" = 'drop'`;

  it.each([
    ['announces another one', `"callStartedAt" = now()`],
    ['clears it', `"callStartedAt" = NULL`],
  ])('is forgotten where a worker that does not know of it %s', async (_what, set) => {
    expect(await change(set, DROP)).toBeNull();
  });

  it('stays with its call whatever else is changed, and is taken with a call where none was unanswered', async () => {
    expect(await change(`"serverId" = 'x'`, DROP)).toBe('drop');
    expect(await change(DROP, `"callStartedAt" = NULL`)).toBe('drop');
  });
});

describe('operations', () => {
  it.each(OPEN_STATES)('one that is %s keeps every other open one out', async (state) => {
    const tenantId = await newTenant();
    await newOperation(tenantId, { state });
    for (const other of OPEN_STATES) expect(await outcomeOf(newOperation(tenantId, { state: other }))).toBe(UNIQUE);
    for (const other of ENDED_STATES) expect(await outcomeOf(newOperation(tenantId, { state: other }))).toBe('ok');
    expect(await outcomeOf(newOperation(await newTenant(), { state }))).toBe('ok');
  });

  it.each(OPEN_STATES)('an adoption goes beside one that is %s, once for each resource at a time', async (state) => {
    const tenantId = await newTenant();
    await newOperation(tenantId, { state });
    const adopt = (backend: string, its: string) =>
      outcomeOf(newOperation(tenantId, { kind: 'adopt', backend, state: its }));
    expect(await adopt('postgres', state)).toBe('ok');
    for (const other of OPEN_STATES) expect(await adopt('postgres', other)).toBe(UNIQUE);
    expect([await adopt('mongodb', state), await adopt('postgres', 'done')]).toEqual(['ok', 'ok']);
    // Nor do adoptions let anything else in.
    expect(await outcomeOf(newOperation(tenantId, { state }))).toBe(UNIQUE);
  });

  it('an adoption names its resource, and nothing else does', async () => {
    const tenantId = await newTenant();
    expect(await outcomeOf(newOperation(tenantId, { kind: 'adopt' }))).toBe(CHECK);
    expect(await outcomeOf(newOperation(tenantId, { kind: 'suspend', backend: 'postgres' }))).toBe(CHECK);
  });

  it('name the trace of their request as traceparent has it, or none', async () => {
    const tenantId = await newTenant();
    await newOperation(tenantId);
    const set = (traceparent: string | null) =>
      outcomeOf(
        query(database.url, 'UPDATE "TenantOperation" SET "traceparent" = $2 WHERE "tenantId" = $1', [
          tenantId,
          traceparent,
        ]),
      );
    const fit = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    for (const it of [fit, null]) expect(await set(it)).toBe('ok');
    for (const it of ['', `01${fit.slice(2)}`, fit.toUpperCase(), `${fit}\n`, `${fit}-x`])
      expect(await set(it)).toBe(CHECK);
  });

  it('belong to a tenant there is', async () => {
    expect(await outcomeOf(newOperation(randomUUID()))).toBe(FOREIGN_KEY);
  });

  it('an Idempotency-Key is used once per principal; without one, as often as one likes', async () => {
    const tenantId = await newTenant();
    const insertOperation = (requestedBy: string, idempotencyKey: string | null) =>
      outcomeOf(newOperation(tenantId, { state: 'done', requestedBy, idempotencyKey }));
    expect(await insertOperation('alice', 'key')).toBe('ok');
    expect(await insertOperation('alice', 'key')).toBe(UNIQUE);
    expect(await insertOperation('bob', 'key')).toBe('ok');
    expect([await insertOperation('alice', null), await insertOperation('alice', null)]).toEqual(['ok', 'ok']);
  });
});

describe('the outcome of a tenant', () => {
  const outcomeOfTenant = async (id: string) => {
    const [row] = await query<{ outcome: string | null; outcomeStep: string | null }>(
      database.url,
      'SELECT "outcome", "outcomeStep" FROM "Tenant" WHERE "id" = $1',
      [id],
    );
    return [row?.outcome, row?.outcomeStep];
  };
  const endOperation = (id: string, state: string, step: string | null, at = 'now()') =>
    query(
      database.url,
      `UPDATE "TenantOperation" SET "state" = $2::"OperationState", "step" = $3, "endedAt" = ${at} WHERE "id" = $1`,
      [id, state, step],
    );

  it('is how its last operation has ended, whichever ends last, adoptions aside', async () => {
    const tenantId = await newTenant();
    const [create, adopt] = [
      await newOperation(tenantId),
      await newOperation(tenantId, { kind: 'adopt', backend: 'qdrant' }),
    ];
    expect(await outcomeOfTenant(tenantId)).toEqual([null, null]);
    await endOperation(create, 'rolled_back', 'qdrant.create');
    await endOperation(adopt, 'refused', 'begin-adoption');
    expect(await outcomeOfTenant(tenantId)).toEqual(['rolled_back', 'qdrant.create']);
    const suspend = await newOperation(tenantId, { kind: 'suspend', state: 'running' });
    expect(await outcomeOfTenant(tenantId)).toEqual(['rolled_back', 'qdrant.create']);
    await endOperation(suspend, 'done', null);
    expect(await outcomeOfTenant(tenantId)).toEqual(['done', null]);
    await endOperation(create, 'incomplete', 'qdrant.drop', `now() - interval '1 hour'`);
    expect(await outcomeOfTenant(tenantId)).toEqual(['done', null]);
  });

  it('is kept also where the API records a request with nothing to do, which it may not by itself', async () => {
    const tenantId = await newTenant();
    expect(
      await outcomeOf(
        query(
          database.apiUrl,
          `INSERT INTO "TenantOperation" ("id", "tenantId", "kind", "state", "requestedBy", "endedAt") VALUES ($1, $2, 'resume', 'done', 'somebody', now())`,
          [randomUUID(), tenantId],
        ),
      ),
    ).toBe('ok');
    expect(await outcomeOfTenant(tenantId)).toEqual(['done', null]);
    expect(await outcomeOf(query(database.apiUrl, `UPDATE "Tenant" SET "outcome" = 'refused'`))).toBe('42501');
  });

  it('changes nothing of the tenant', async () => {
    const tenantId = await newTenant();
    const operation = await newOperation(tenantId);
    const updatedAt = () => query(database.url, 'SELECT "updatedAt" FROM "Tenant" WHERE "id" = $1', [tenantId]);
    const before = await updatedAt();
    await endOperation(operation, 'refused', 'begin');
    expect(await updatedAt()).toEqual(before);
  });
});

it('the log knows success and error alone, and each seq of a tenant once', async () => {
  const tenantId = await newTenant();
  const insertLogRow = (status: string, seq: number) =>
    outcomeOf(
      query(
        database.url,
        `INSERT INTO "TenantProvisionLog" ("id", "tenantId", "step", "status", "seq") VALUES ($1, $2, 'begin', $3, $4)`,
        [randomUUID(), tenantId, status, seq],
      ),
    );
  expect([
    await insertLogRow('success', 1),
    await insertLogRow('error', 2),
    await insertLogRow('lost', 3),
    await insertLogRow('success', 2),
  ]).toEqual(['ok', 'ok', CHECK, UNIQUE]);
});

it('a tenant has one connection per service', async () => {
  const tenantId = await newTenant();
  const insertConnection = (service: string) =>
    outcomeOf(
      query(
        database.url,
        `INSERT INTO "TenantConnection" ("id", "tenantId", "service", "dbName") VALUES ($1, $2, $3::"ConnectionService", 'x')`,
        [randomUUID(), tenantId, service],
      ),
    );
  expect([
    await insertConnection('postgres'),
    await insertConnection('qdrant'),
    await insertConnection('postgres'),
  ]).toEqual(['ok', 'ok', UNIQUE]);
});

let tenants = 0;

async function newTenant(name = `tenant${(tenants += 1)}`): Promise<string> {
  const id = randomUUID();
  await query(
    database.url,
    `INSERT INTO "Tenant" ("id", "name", "realmName", "postgresDb", "mongoDb", "qdrantCollection") VALUES ($1, $2, 'r', 'p', 'm', 'q')`,
    [id, name],
  );
  return id;
}

async function newOperation(
  tenantId: string,
  {
    kind = 'create',
    backend = null,
    state = 'requested',
    requestedBy = 'somebody',
    idempotencyKey = null,
  }: {
    kind?: string;
    backend?: string | null;
    state?: string;
    requestedBy?: string;
    idempotencyKey?: string | null;
  } = {},
): Promise<string> {
  const id = randomUUID();
  await query(
    database.url,
    `INSERT INTO "TenantOperation" ("id", "tenantId", "kind", "backend", "state", "requestedBy", "idempotencyKey") VALUES ($1, $2, $3::"OperationKind", $4::"BackendKind", $5::"OperationState", $6, $7)`,
    [id, tenantId, kind, backend, state, requestedBy, idempotencyKey],
  );
  return id;
}
