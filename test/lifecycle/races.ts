import { INTERRUPT } from '@freeflow/contract';
import { Client } from 'pg';
import { newName } from '../support/activity-harness';
import type { TestInstallation } from '../support/installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { IS_LONG } from '../support/sample';
import { askFor, deleteTenant, logOf, operationEnds, tenantOf } from '../support/tenants';
import { until } from '../support/until';

/** What comes in the moment of completion, in an ordinary installation. */
export function describeRaces(given: () => TestInstallation): void {
  // A create waits inside for what the test holds back, and machines are slow at times.

  let installation: TestInstallation;
  beforeAll(() => {
    installation = given();
  });

  /**
   * A create whose last step, `activate`, has begun and can't end before `activates` is called: what comes meanwhile
   * makes Temporal refuse what the workflow then says, and the run is replayed with the news in front of its own end.
   */
  async function almostActive(): Promise<{ id: string; name: string; activates: () => Promise<void> }> {
    const name = newName('r');
    const id = await askFor(installation, name);
    const holder = new Client({ connectionString: installation.masterUrl });
    await holder.connect();
    await until('it runs', async () => (await tenantOf(installation, id)).operation.state === 'running');
    // Log rows refer to the operation: they need its key only, which this lock leaves free.
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM "TenantOperation" WHERE "tenantId" = $1 FOR NO KEY UPDATE', [id]);
    await until(
      'all is probed',
      async () => (await logOf(installation, id)).filter((it) => it.step.endsWith('.probe')).length === 4,
    );
    await until('it activates', async () => {
      const { rows } = await installation.master.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    return {
      id,
      name,
      activates: async () => {
        await holder.query('COMMIT');
        await holder.end();
      },
    };
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
