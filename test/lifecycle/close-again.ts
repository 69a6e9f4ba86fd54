import { newName } from '../support/activity-harness';
import type { TestInstallation } from '../support/installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { askFor, deleteTenant, logOf, operationEnds, type Tenant } from '../support/tenants';
import { until } from '../support/until';

/**
 * Ends that find something left in the ledger.
 * @param leaving an active tenant that may go
 */
export function describeCloseAgain(given: () => TestInstallation, leaving: () => Tenant): void {
  let installation: TestInstallation;
  beforeAll(async () => {
    installation = given();
    // What no attempt of ours does while locks hold: it says "present" over the absence that a drop has seen. Once for
    // each tenant named here.
    await installation.master.query(`
    CREATE TABLE late (name text);
    CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      IF EXISTS (SELECT 1 FROM late JOIN "Tenant" AS t USING (name) WHERE t.id = NEW."tenantId") AND OLD.state <> 'absent' THEN
        DELETE FROM late USING "Tenant" AS t WHERE t.name = late.name AND t.id = NEW."tenantId";
        NEW.state := 'present';
      END IF;
      RETURN NEW; END $$;
    CREATE TRIGGER late BEFORE UPDATE ON "TenantResource" FOR EACH ROW WHEN (NEW.kind = 'mongodb' AND NEW.state = 'absent') EXECUTE FUNCTION late()`);
  });

  /** Both wait for the sweep: side by side. */
  const done: Record<string, Promise<void>> = {};
  beforeAll(() => {
    Object.assign(done, { deleted: closedByDeletion(), undone: closedByUndo() });
    // A later await still gets the error all the same.
    for (const it of Object.values(done)) it.catch(() => undefined);
  });
  // None is left in progress when another one fails.
  afterAll(async () => void (await Promise.allSettled(Object.values(done))));

  const late = (name: string) => installation.master.query('INSERT INTO late VALUES ($1)', [name]);
  const closings = async (id: string) =>
    (await logOf(installation, id)).filter((it) => it.step === 'mark-gone').map((it) => it.message);
  const runsOf = async (id: string) =>
    (
      await installation.master.query<{ runs: number }>(
        'SELECT runs FROM "TenantOperation" WHERE "tenantId" = $1 ORDER BY "createdAt" DESC LIMIT 1',
        [id],
      )
    ).rows[0]?.runs;

  async function closedByDeletion(): Promise<void> {
    const { id, name } = leaving();
    await late(name);
    const cause = until(
      'it reports why',
      async () =>
        (
          await installation.master.query<{ cause: string }>(
            'SELECT cause FROM "TenantOperation" WHERE "tenantId" = $1 AND step = \'mark-gone\'',
            [id],
          )
        ).rows[0]?.cause,
    );
    expect(await deleteTenant(installation, id)).toMatchObject({ operation: { state: 'done', cause: null } });
    expect(await cause).toBe(`${name} still has mongodb freeflow_${name} (present)`);
    expect(await closings(id)).toEqual([
      `still-there: ${name} still has mongodb freeflow_${name} (present)`,
      `nothing of ${name} is left; the name is free again`,
    ]);
    expect(await runsOf(id)).toBe(2);
    expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
  }

  async function closedByUndo(): Promise<void> {
    const name = newName('k');
    await late(name);
    const id = await askFor(installation, name);
    await until('MongoDB is done', async () =>
      (await logOf(installation, id)).some((it) => it.step === 'mongodb.create' && it.status === 'success'),
    );
    await installation.operator.client.workflow.getHandle(`tenant-${id}`).cancel();
    expect(await operationEnds(installation, id)).toMatchObject({
      operation: { state: 'rolled_back', cause: 'cancelled by an operator' },
    });
    expect(await closings(id)).toEqual([
      expect.stringMatching(/^still-there: /),
      expect.stringContaining('is free again'),
    ]);
    expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
  }

  test('a deletion finds the ledger with something left at its end: reported in log and operation, dropped once more by another run', async () => {
    await expect(done['deleted']).resolves.toBeUndefined();
  });

  test('so does an undone create, and still reports why it was undone', async () => {
    await expect(done['undone']).resolves.toBeUndefined();
  });
}
