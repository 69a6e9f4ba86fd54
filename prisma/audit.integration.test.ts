import { randomUUID } from 'node:crypto';
import { newTestDatabase, outcomeOf, query, type TestDatabase } from '../test/support/migrated-database';

const REFUSED = '42501';
let database: TestDatabase;

beforeAll(async () => {
  database = newTestDatabase();
  await database.migrate();
});
afterAll(() => database.drop());

const INSERT = `INSERT INTO "AuditEvent" (id, channel, action, outcome, "at", "tenantId") VALUES ($1, 'api', 'tenants.create', 'accepted', now() - make_interval(days => $2), $3)`;
async function insertRow(daysAgo = 0, tenantId: string | null = null): Promise<string> {
  const id = randomUUID();
  await query(database.url, INSERT, [id, daysAgo, tenantId]);
  return id;
}
const isThere = async (id: string) =>
  (await query(database.url, 'SELECT FROM "AuditEvent" WHERE id = $1', [id])).length === 1;

/** What each may add. */
const OWN_ROWS = {
  url: `'api', 'tenants.create', 'accepted'`,
  apiUrl: `'api', 'tenants.create', 'accepted'`,
  workerUrl: `'library', 'secrets.resolve', 'done'`,
};
const LOGINS = ['url', 'apiUrl', 'workerUrl'] as const;

/** `what`: channel, action and outcome. */
const insertOf = (what: string, at = 'DEFAULT') =>
  `INSERT INTO "AuditEvent" (id, channel, action, outcome, "at") VALUES ($1, ${what}, ${at})`;

describe.each(['apiUrl', 'workerUrl'] as const)('by the login of %s', (login) => {
  it.each(['2099-01-01', '2001-01-01'])('no row says of itself that it is of %s', async (at) => {
    const id = randomUUID();
    await query(database[login], insertOf(OWN_ROWS[login], `'${at}'`), [id]);
    const [row] = await query<{ ageS: number }>(
      database.url,
      `SELECT extract(epoch FROM clock_timestamp() - "at")::float AS "ageS" FROM "AuditEvent" WHERE id = $1`,
      [id],
    );
    expect(row?.ageS).toBeGreaterThanOrEqual(-1);
    expect(row?.ageS).toBeLessThan(3_600);
  });
});

it.each([
  ['apiUrl', `'command', 'secrets.connect', 'done'`],
  ['apiUrl', `'temporal', 'answers.retry', 'done'`],
  ['apiUrl', `'api', 'answers.retry', 'done'`],
  ['apiUrl', `'library', 'tenants.create', 'accepted'`],
  ['workerUrl', `'api', 'tenants.create', 'accepted'`],
  ['workerUrl', `'api', 'tenants.retry', 'begun'`],
  ['workerUrl', `'api', 'secrets.connect', 'done'`],
  ['apiUrl', `'api', 'secrets.reveal', 'done'`],
  ['workerUrl', `'api', 'secrets.reveal', 'done'`],
  ['workerUrl', `'api', 'tenants.reveal', 'begun'`],
  ['workerUrl', `'command', 'secrets.connect', 'begun'`],
  ['workerUrl', `'library', 'secrets.move', 'failed'`],
  ['workerUrl', `'command', 'secrets.move', 'accepted'`],
  ['apiUrl', `'command', 'secrets.move', 'begun'`],
  ['workerUrl', `'library', 'answers.retry', 'done'`],
] as const)('%s adds no row of what it can not know: %s', async (login, what) => {
  expect(await outcomeOf(query(database[login], insertOf(what), [randomUUID()]))).toBe(REFUSED);
});

it.each(['begun', 'refused', 'failed', 'done'])(
  'the worker adds that all secrets were moved, or not: %s',
  async (outcome) => {
    const added = query(database.workerUrl, insertOf(`'command', 'secrets.move', '${outcome}'`), [randomUUID()]);
    expect(await outcomeOf(added)).toBe('ok');
  },
);

describe('the worker says that credentials were revealed', () => {
  const ROW =
    'INSERT INTO "AuditEvent" (id, channel, action, outcome, actor, "tenantId", "requestId", detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)';
  const tenantId = randomUUID();
  const asked = { actor: 'alice', tenantId, requestId: 'r1', key: 'k1' };
  const rowOf = (action: string, outcome: string, { actor, requestId, key, ...it }: typeof asked) => [
    randomUUID(),
    'api',
    action,
    outcome,
    actor,
    it.tenantId,
    requestId,
    JSON.stringify({ key }),
  ];
  const reveal = (it: typeof asked) => outcomeOf(query(database.workerUrl, ROW, rowOf('secrets.reveal', 'done', it)));

  it('only where the API has just said that it was asked for, by the same person, of the same tenant, to the same key', async () => {
    await query(database.apiUrl, ROW, rowOf('tenants.reveal', 'begun', asked));
    expect(await reveal(asked)).toBe('ok');
    for (const other of [{ actor: 'bob' }, { tenantId: randomUUID() }, { requestId: 'r2' }, { key: 'k2' }])
      expect(await reveal({ ...asked, ...other })).toBe(REFUSED);
  });

  it('and not long after that', async () => {
    const old = { ...asked, requestId: 'old' };
    await query(
      database.url,
      ROW.replace('detail)', 'detail, "at")').replace('$8)', "$8, now() - interval '2 minutes')"),
      rowOf('tenants.reveal', 'begun', old),
    );
    expect(await reveal(old)).toBe(REFUSED);
  });
});

it('the worker is told that credentials were asked for, of that backend alone', async () => {
  const asked = [randomUUID(), 'api', 'tenants.reveal', 'begun', 'alice', randomUUID(), 'r3'];
  const insert =
    'INSERT INTO "AuditEvent" (id, channel, action, outcome, actor, "tenantId", "requestId", detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)';
  await query(database.apiUrl, insert, [...asked, JSON.stringify({ key: 'k3', backend: 'qdrant' })]);
  const isAsked = async (backend: string) =>
    (
      await query<{ it: boolean }>(database.workerUrl, 'SELECT was_reveal_asked($1, $2, $3, $4, $5) AS it', [
        'r3',
        asked[5],
        'alice',
        'k3',
        backend,
      ])
    )[0]?.it;
  expect(await Promise.all(['qdrant', 'mongodb', 'all'].map(isAsked))).toEqual([true, false, false]);
});

describe.each(LOGINS)('by the login of %s', (login) => {
  const attempt = (text: string, values?: unknown[]) => outcomeOf(query(database[login], text, values));

  it('a row is added, and then neither changed nor deleted, whatever its age', async () => {
    expect(await attempt(insertOf(OWN_ROWS[login]), [randomUUID()])).toBe('ok');
    for (const days of [0, 4_000]) {
      const id = await insertRow(days);
      expect(await attempt(`UPDATE "AuditEvent" SET actor = 'nobody' WHERE id = $1`, [id])).toBe(REFUSED);
      expect(await attempt('DELETE FROM "AuditEvent" WHERE id = $1', [id])).toBe(REFUSED);
      expect(await isThere(id)).toBe(true);
    }
    expect(await attempt('TRUNCATE "AuditEvent"')).toBe(REFUSED);
  });
});

describe('retention', () => {
  const expire = async (days: number, most = 1_000, login = database.workerUrl) =>
    (await query<{ n: number }>(login, 'SELECT expire_audit($1, $2) AS n', [days, most]))[0]?.n;

  it('deletes whole rows that are older, a batch at a time, the oldest first, and nothing else', async () => {
    await expire(400);
    const [young, old, older, oldest] = [
      await insertRow(399),
      await insertRow(401),
      await insertRow(402),
      await insertRow(403),
    ];
    expect(await expire(400, 2)).toBe(2);
    expect(await Promise.all([young, old, older, oldest].map(isThere))).toEqual([true, true, false, false]);
    expect(await expire(400, 2)).toBe(1);
    expect(await expire(400, 2)).toBe(0);
    expect(await isThere(young)).toBe(true);
  });

  it('deletes nothing that is younger than thirty days, whoever asks for it', async () => {
    const id = await insertRow(29);
    expect(await outcomeOf(expire(29))).toBe('22023');
    expect(await outcomeOf(expire(0))).toBe('22023');
    expect(
      await outcomeOf(
        query(
          database.url,
          `BEGIN; SET LOCAL freeflow.expires_audit = 'on'; DELETE FROM "AuditEvent" WHERE id = '${id}'; COMMIT`,
        ),
      ),
    ).toBe(REFUSED);
    expect(await isThere(id)).toBe(true);
  });

  it('is for the worker alone, which can not make use of it beyond', async () => {
    const id = await insertRow(500);
    expect(await outcomeOf(expire(400, 1, database.apiUrl))).toBe(REFUSED);
    expect(
      await outcomeOf(
        query(
          database.workerUrl,
          `BEGIN; SELECT expire_audit(4000, 1); DELETE FROM "AuditEvent" WHERE id = '${id}'; COMMIT`,
        ),
      ),
    ).toBe(REFUSED);
    expect(await isThere(id)).toBe(true);
  });
});

it('outlives the row of its tenant', async () => {
  const tenantId = randomUUID();
  await query(
    database.url,
    `INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection") VALUES ($1, 'acme', 'r', 'p', 'm', 'q')`,
    [tenantId],
  );
  const id = await insertRow(0, tenantId);
  await query(database.url, 'DELETE FROM "Tenant" WHERE id = $1', [tenantId]);
  expect(await isThere(id)).toBe(true);
});
