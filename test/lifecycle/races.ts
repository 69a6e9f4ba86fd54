import { INTERRUPT } from '@freeflow/contract';
import { Client } from 'pg';
import { newName } from '../support/activity-harness';
import type { TestInstallation } from '../support/installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { IS_LONG } from '../support/sample';
import { askFor, deleteTenant, operationEnds } from '../support/tenants';
import { until } from '../support/until';

/** What a test holds while no operation may be done. */
const LOCK = 4_711;

/** Lets an operation that is done wait for that lock, and nothing else: attempts that fail meanwhile are recorded. */
const WAIT_WHEN_DONE = `
  CREATE OR REPLACE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock(${LOCK}); RETURN NEW; END';
  CREATE OR REPLACE TRIGGER wait_for_test BEFORE UPDATE ON "TenantOperation"
    FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION wait_for_test()`;

/** What comes in the moment of completion, in an ordinary installation. */
export function describeRaces(given: () => TestInstallation): void {
  // A create waits inside for what the test holds back, and machines are slow at times.

  let installation: TestInstallation;
  beforeAll(async () => {
    installation = given();
    await installation.master.query(WAIT_WHEN_DONE);
  });

  /**
   * A create whose last step, `activate`, has begun and can't end before `activates` is called: what comes meanwhile
   * makes Temporal refuse what the workflow then says, and the run is replayed with the news in front of its own end.
   */
  async function almostActive(): Promise<{ id: string; name: string; activates: () => Promise<void> }> {
    const name = newName('r');
    const holder = new Client({ connectionString: installation.masterUrl });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const id = await askFor(installation, name);
    await until('it activates', async () => {
      const { rows } = await holder.query(
        `SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database
          WHERE d.datname = current_database() AND locktype = 'advisory' AND objid = ${LOCK} AND NOT granted`,
      );
      return rows.length > 0;
    });
    return { id, name, activates: () => holder.end() };
  }

  /** What comes then, by the names of what does so. */
  const COMES = {
    interruption: async (id: string) =>
      installation.operator.client.workflow.getHandle(`tenant-${id}`).signal(INTERRUPT, 'a test'),
    cancellation: async (id: string) => installation.operator.client.workflow.getHandle(`tenant-${id}`).cancel(),
  };
  type Coming = keyof typeof COMES;
  // In the short form one create is enough for both: neither may do anything to it.
  const cases: Coming[][] = IS_LONG ? [['interruption'], ['cancellation']] : [['interruption', 'cancellation']];

  test.each(cases.map((all) => ({ what: all.join(' and a '), all })))(
    'what falls into the moment of completion comes too late, here $what: the create is done, and the run says so; the deletion drops all of it',
    async ({ all }) => {
      const { id, name, activates } = await almostActive();
      const handle = installation.operator.client.workflow.getHandle(`tenant-${id}`);
      for (const it of all) await COMES[it](id);
      await activates();
      expect(await operationEnds(installation, id)).toMatchObject({
        status: 'active',
        operation: { kind: 'create', state: 'done' },
      });
      expect(await handle.result()).toBe(`${name} is active`);
      expect(await observeFromOutside(installation.info, name)).toMatchObject({
        mongoUsers: [`freeflow_${name}`],
        qdrantTokens: 1,
      });
      expect(await deleteTenant(installation, id)).toMatchObject({
        status: 'deleted',
        goneAt: expect.any(String),
        operation: { kind: 'hard_delete', state: 'done' },
      });
      expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
    },
  );
}
