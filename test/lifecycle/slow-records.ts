import { newName } from '../support/activity-harness';
import type { TestInstallation } from '../support/installation';
import { replayNow } from '../support/replay';
import { sampleOf } from '../support/sample';
import { askFor, createTenant, deleteTenant, logOf, operationEnds } from '../support/tenants';
import { until } from '../support/until';

/**
 * Longer than a transaction may take (5 s), then shorter: together longer than a workflow task waits for a local
 * activity (8 s of its 10).
 */
const SLOW_S = [5.2, 4.4] as const;
/** What comes then is seen in the next workflow task, beside the answer of the slow step. */
const MEANWHILE_MS = 1_000;

/** A master database that is slow in the middle of operations, in an ordinary installation. */
export function describeSlowRecords(given: () => TestInstallation): void {
  let installation: TestInstallation;
  beforeAll(async () => {
    installation = given();
    await installation.master.query(`
    CREATE TABLE slow (name text, step text, tries regclass);
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      -- A sequence counts also what is rolled back.
      PERFORM pg_sleep(CASE nextval(slow.tries) WHEN 1 THEN ${SLOW_S[0]} ELSE ${SLOW_S[1]} END)
         FROM slow JOIN "Tenant" AS t USING (name) WHERE t.id = NEW."tenantId" AND slow.step = NEW.step;
      RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON "TenantProvisionLog" FOR EACH ROW EXECUTE FUNCTION slow()`);
  });
  afterAll(() => installation.master.query('DROP TRIGGER slow ON "TenantProvisionLog"'));

  const handleOf = (id: string) => installation.operator.client.workflow.getHandle(`tenant-${id}`);
  const COMES = {
    'an operator cancels': (id: string) => handleOf(id).cancel(),
    'a forced deletion interrupts': (id: string) =>
      installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`),
    'an answer comes': (id: string) => handleOf(id).signal('answer', { action: 'retry', by: 'a test' }),
  };

  /** What is requested, which of its steps is slow, and which one comes before that. */
  const SLOW = {
    begin: { ask: (name: string) => askFor(installation, name), before: 'accepted' },
    activate: { ask: (name: string) => askFor(installation, name), before: 'keycloak.probe' },
    suspend: {
      ask: async (name: string) => {
        const { id } = await createTenant(installation, name);
        await installation.request('POST', `/tenants/${id}/suspend`);
        return id;
      },
      before: 'keycloak.disable',
    },
    'start-rollback': {
      ask: async (name: string) => {
        const id = await askFor(installation, name);
        await until('it has begun', async () => (await logOf(installation, id)).some((it) => it.step === 'begin'));
        await handleOf(id).cancel();
        return id;
      },
      before: 'begin',
    },
    'mark-gone': {
      ask: async (name: string) => {
        const { id } = await createTenant(installation, name);
        await installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
        return id;
      },
      before: 'keycloak.drop',
    },
  };

  const ALL_CASES = Object.keys(SLOW).flatMap((step) =>
    Object.keys(COMES).map((what) => [step as keyof typeof SLOW, what as keyof typeof COMES] as const),
  );
  // All of them in workflows/slow-records.integration.test.ts; here one each with the real master database.
  const SHORT_FORM = [
    'begin, an operator cancels',
    'activate, a forced deletion interrupts',
    'mark-gone, an answer comes',
  ];
  const cases = sampleOf(ALL_CASES, (it) => SHORT_FORM.includes(it.join(', ')));

  /** What is wrong: a history that doesn't replay, or an operation that does not end. */
  async function wrongWith(step: keyof typeof SLOW, what: keyof typeof COMES): Promise<string[]> {
    const name = newName('l');
    await installation.master.query(`CREATE SEQUENCE tries_of_${name}`);
    await installation.master.query('INSERT INTO slow VALUES ($1, $2, $3::regclass)', [name, step, `tries_of_${name}`]);
    const id = await SLOW[step].ask(name);
    const { before } = SLOW[step];
    if (before !== 'accepted')
      await until(`${before} is done`, async () =>
        (await logOf(installation, id)).some((it) => it.step === before && it.status === 'success'),
      );
    await new Promise((resolve) => setTimeout(resolve, MEANWHILE_MS));
    const { runId } = await handleOf(id).describe();
    await COMES[what](id).catch(() => undefined);
    await operationEnds(installation, id);
    const handle = installation.operator.client.workflow.getHandle(`tenant-${id}`, runId);
    await until('the run has closed', async () => (await handle.describe()).status.name !== 'RUNNING');
    const wrong = await replayNow({ [`${step}, ${what}`]: await handle.fetchHistory() });
    const { rows: tries } = await installation.master.query<{ times: string }>(
      `SELECT last_value AS times FROM tries_of_${name}`,
    );
    if (Number(tries[0]?.times) < SLOW_S.length) wrong.push(`${step} was never slow twice`);
    await installation.master.query('DELETE FROM slow WHERE name = $1', [name]);
    await deleteTenant(installation, id).catch(() => undefined);
    return wrong;
  }

  let seen: Record<string, Promise<string[]>> = {};
  beforeAll(() => {
    seen = Object.fromEntries(cases.map(([step, what]) => [`${step}, ${what}`, wrongWith(step, what)]));
    for (const it of Object.values(seen)) it.catch(() => undefined);
  });

  test.each(cases)(
    'while the master database is slow to write %s, %s: the history replays, the operation ends',
    async (step, what) => {
      expect(await seen[`${step}, ${what}`]).toEqual([]);
    },
    180_000,
  );
}
