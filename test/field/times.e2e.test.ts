import { readFileSync } from 'node:fs';
import { sweepIdOf } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import { doctor, doctorEnv } from '../support/doctor';
import { envOf, freeflow, type Ended } from '../support/freeflow';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { sampleOf } from '../support/sample';
import { until } from '../support/until';

const RETENTION_MS = 3 * 24 * 3_600_000;
/** What the clocks of one machine, rounded to milliseconds, may differ by. */
const ROUNDING_MS = 5;

/**
 * A zone of worker, API and command line, and another one of the master database. All other tests are in zones like the
 * second ones: the processes behind UTC, the database ahead of it.
 */
const ZONES = sampleOf(
  [
    { TZ: 'Asia/Tokyo', timezone: 'America/New_York' },
    { TZ: 'America/Los_Angeles', timezone: 'Asia/Kathmandu' },
  ] as const,
  ({ TZ }) => TZ === 'Asia/Tokyo',
);

interface Life {
  installation: TestInstallation;
  name: string;
  created: Ended;
  deleted: Ended;
  shown: Ended;
  logs: Ended;
  tookMs: number;
  /** The times between which all of it happened. */
  from: number;
  to: number;
}

const lives = new Map<string, Life>();
/** Also those in which not all went well. */
const installations: TestInstallation[] = [];
const run = (installation: TestInstallation, TZ: string, ...args: string[]) =>
  freeflow(['tenants', ...args], { ...envOf(installation), TZ });

async function live({ TZ, timezone }: (typeof ZONES)[number]): Promise<void> {
  const installation = await openTestInstallation({
    timezone,
    worker: { TZ, RETENTION_MS: String(RETENTION_MS) },
    api: { TZ },
  });
  installations.push(installation);
  const name = newName('z');
  const [from, startedAt] = [Date.now(), performance.now()];
  const created = await run(installation, TZ, 'create', name);
  const tookMs = performance.now() - startedAt;
  const deleted = await run(installation, TZ, 'delete', name, '--yes');
  const [shown, logs] = await Promise.all([run(installation, TZ, 'show', name), run(installation, TZ, 'logs', name)]);
  lives.set(TZ, { installation, name, created, deleted, shown, logs, tookMs, from, to: Date.now() });
}

function lifeIn(TZ: string): Life {
  const life = lives.get(TZ);
  if (life === undefined) throw new Error(`nothing lived in ${TZ}`);
  return life;
}

beforeAll(() => Promise.all(ZONES.map(live)), 300_000);
afterAll(() => Promise.all(installations.map((it) => it.close())));

test('the servers of the stack are in UTC, whatever the zone of those who have started it', () => {
  const {
    installation: {
      info: { processes },
    },
  } = lifeIn('Asia/Tokyo');
  const zones = Object.entries(processes).map(([name, { pid }]) => [
    name,
    readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .filter((it) => it.startsWith('TZ=')),
  ]);
  expect(Object.fromEntries(zones)).toEqual({
    postgres: ['TZ=UTC'],
    mongodb: ['TZ=UTC'],
    qdrant: ['TZ=UTC'],
    keycloak: ['TZ=UTC'],
    temporal: ['TZ=UTC'],
  });
});

test('doctor says in what zone other programs would be, and that ours are not', async () => {
  const { installation } = lifeIn('Asia/Tokyo');
  const { lines } = await doctor(installation, { ...doctorEnv(installation), TZ: 'Asia/Tokyo' });
  expect(lines['master.sessions']).toMatchObject({
    status: 'warn',
    seen: 'in UTC, since they set it themselves; other programs get America/New_York',
    advice: expect.stringContaining('ALTER DATABASE'),
  });
  expect(lines['postgres.sessions']).toMatchObject({ status: 'ok' });
  expect(lines['master.clock']).toMatchObject({ status: 'ok' });
});

const UNITS: Record<string, number> = { ms: 1, s: 1_000, min: 60_000 };

describe.each(ZONES.map(({ TZ, timezone }) => [TZ, timezone]))('processes in %s, a master database in %s', (TZ) => {
  test('the time that an operation took is the time it took', () => {
    const { created, deleted, name, tookMs } = lifeIn(TZ);
    expect([created, deleted]).toMatchObject([{ code: 0 }, { code: 0 }]);
    const [, amount, unit = ''] =
      new RegExp(`^${name} is active after (-?[\\d.,]+) (ms|s|min)\\.$`, 'm').exec(created.stdout) ?? [];
    expect(Number(amount) * (UNITS[unit] ?? Number.NaN)).toBeGreaterThan(0);
    expect(Number(amount) * (UNITS[unit] ?? Number.NaN)).toBeLessThan(tookMs);
  });

  test('the date of the purge lies the retention ahead, told by zone, the same in the row and on the screen', async () => {
    const { installation, shown, name, from, to } = lifeIn(TZ);
    const [, told = ''] = /purged +at (\S+Z) or soon after/.exec(shown.stdout) ?? [];
    expect(Date.parse(told)).toBeGreaterThanOrEqual(from + RETENTION_MS - ROUNDING_MS);
    expect(Date.parse(told)).toBeLessThanOrEqual(to + RETENTION_MS + ROUNDING_MS);
    const { rows } = await installation.master.query<{ ms: number }>(
      `SELECT (extract(epoch FROM "purgeAt") * 1000)::float8 AS ms FROM "Tenant" WHERE name = $1`,
      [name],
    );
    expect(rows).toEqual([{ ms: Date.parse(told) }]);
  });

  test('every row of the log is shown with the time at which it was written', () => {
    const { logs, from, to } = lifeIn(TZ);
    const times = logs.stdout
      .trim()
      .split('\n')
      .map((line) => Date.parse(line.split(' ')[0] ?? ''));
    expect(times.length).toBeGreaterThan(10);
    expect(times.filter((it) => !(it >= from - ROUNDING_MS && it <= to + ROUNDING_MS))).toEqual([]);
  });

  test('nothing is stuck that was just requested; what has waited for a minute is', async () => {
    const { installation, name } = lifeIn(TZ);
    const {
      body: { items },
    } = await installation.request('GET', `/tenants?name=${name}`);
    const [{ id }] = items as [{ id: string }];
    // Of a run that is not there.
    await installation.master.query(
      `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "requestedBy", runs, "lastRunAt", "updatedAt") VALUES (gen_random_uuid(), $1, 'restore', 'running', 'test', 9, now() + interval '1 day', now())`,
      [id],
    );
    const stuck = async () =>
      ((await installation.request('GET', '/tenants/stuck')).body['items'] as { name: string }[]).map((it) => it.name);
    expect(await stuck()).toEqual([]);
    await installation.master.query(
      `UPDATE "TenantOperation" SET "updatedAt" = now() - interval '1 minute', "createdAt" = now() - interval '1 minute' WHERE "tenantId" = $1 AND "endedAt" IS NULL`,
      [id],
    );
    expect(await stuck()).toEqual([name]);
    expect((await run(installation, TZ, 'stuck')).stdout).toMatch(new RegExp(`^${name} .* 1 min `, 'm'));
    await installation.master.query(
      `UPDATE "TenantOperation" SET state = 'refused', "endedAt" = now() WHERE "tenantId" = $1 AND "endedAt" IS NULL`,
      [id],
    );
  });

  test('a purge that is due begins, and not a minute before', async () => {
    const { installation, name } = lifeIn(TZ);
    const purges = async () =>
      (
        await installation.master.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM "TenantOperation" o JOIN "Tenant" t ON t.id = o."tenantId" WHERE t.name = $1 AND o.kind = 'purge'`,
          [name],
        )
      ).rows[0]?.n;
    const waitForSweep = async () =>
      (
        await installation.operator.client.schedule.getHandle(sweepIdOf(installation.taskQueue)).describe()
      ).info.recentActions
        .at(-1)
        ?.takenAt.getTime() ?? 0;
    await installation.master.query(`UPDATE "Tenant" SET "purgeAt" = now() + interval '1 minute' WHERE name = $1`, [
      name,
    ]);
    const since = await waitForSweep();
    await until('it was swept twice', async () => (await waitForSweep()) > since + 3_000);
    expect(await purges()).toBe(0);
    await installation.master.query(`UPDATE "Tenant" SET "purgeAt" = now() - interval '1 second' WHERE name = $1`, [
      name,
    ]);
    await until(
      'it is purged',
      async () =>
        (await installation.master.query('SELECT 1 FROM "Tenant" WHERE name = $1 AND "goneAt" IS NOT NULL', [name]))
          .rows.length === 1,
    );
    expect(await purges()).toBe(1);
  });
});
