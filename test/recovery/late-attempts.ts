import { BACKEND_KINDS } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import type { FaultInjectedInstallation } from '../support/fault-injected-installation';
import { emptyTenant, asKeycloakAdmin, observeFromOutside, NOTHING, withMongo } from '../support/outside';
import { IS_LONG, sampleOf } from '../support/sample';
import { askFor, logOf, operationEnds } from '../support/tenants';
import { until } from '../support/until';

/** What an attempt still does while its operation is undone, or its run is gone. */
export function describeLateAttempts(given: () => FaultInjectedInstallation): void {
  /** Less than any client's patience, so that the slow call succeeds in the end. */
  const SLOW_MS = 2_500;

  let installation: FaultInjectedInstallation;

  beforeAll(() => {
    installation = given();
  });

  /** A realm of that name that isn't ours: the create fails at once, and waiting can't fix it. */
  const foreignRealm = (name: string) =>
    asKeycloakAdmin(installation.info, 'POST', '/admin/realms', { realm: `freeflow-${name}`, enabled: true });
  const removeRealm = (name: string) => asKeycloakAdmin(installation.info, 'DELETE', `/admin/realms/freeflow-${name}`);
  const foreignMongo = (name: string) =>
    withMongo(installation.info.mongodb.url, (client) =>
      client.db(`freeflow_${name}`).collection('theirs').insertOne({ n: 1 }),
    );

  const SLOW = [
    ['postgres', foreignRealm],
    ['mongodb', foreignRealm],
    ['qdrant', foreignRealm],
    ['keycloak', foreignMongo],
  ] as const;

  // That no undo begins before each step has reported is decided by the workflow: workflows/tenant-operations.
  test.each(sampleOf(SLOW, ([slow]) => slow === 'keycloak'))(
    'while %s is slow another branch fails at once: no undo overtakes its own step, and nothing is left',
    async (slow, makeForeign) => {
      const name = newName('u');
      await makeForeign(name);
      installation.proxies[slow].stall(SLOW_MS);
      installation.proxies[slow].renew();
      const id = await askFor(installation, name);
      expect(await operationEnds(installation, id)).toMatchObject({
        status: 'deleted',
        operation: { state: 'rolled_back', cause: expect.stringContaining('ours') },
      });

      const steps = (await logOf(installation, id)).map((it) => it.step);
      // The slow step had really begun, and its report came before every undo.
      expect(steps).toContain(`${slow}.create`);
      const undoing = steps.indexOf('start-rollback');
      expect(
        steps.map((it, at) => (it.endsWith('.drop') ? at > undoing : at < undoing || !/\.(create|probe)$/.test(it))),
      ).not.toContain(false);

      const seen = await observeFromOutside(installation.info, name);
      await removeRealm(name);
      expect({ ...seen, keycloak: null, mongoCollections: [] }).toEqual(NOTHING);
      expect(slow === 'keycloak' ? seen.keycloak : seen.mongoCollections).toEqual(slow === 'keycloak' ? null : []);
    },
  );

  // In workflows/tenant-operations; test/parking/cancelled does so with real backends, test/lifecycle/close-again a
  // create.
  if (IS_LONG)
    test('cancelled by an operator, a create is rolled back and says so', async () => {
      const name = newName('c');
      installation.proxies.keycloak.stall(SLOW_MS);
      installation.proxies.keycloak.renew();
      const id = await askFor(installation, name);
      await until(
        'its other branches are done',
        async () => (await logOf(installation, id)).filter((it) => it.step.endsWith('.probe')).length === 3,
      );
      await installation.operator.client.workflow.getHandle(`tenant-${id}`).cancel();
      expect(await operationEnds(installation, id)).toMatchObject({
        status: 'deleted',
        operation: { state: 'rolled_back', step: 'cancelled', cause: 'cancelled by an operator' },
      });
      expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
    });

  // activities/zombie has an old attempt beside a new operation at each backend.
  test.each(sampleOf(BACKEND_KINDS, (it) => it === 'mongodb'))(
    'a run is terminated while its activity still works at %s: the next run finds the true state; nothing is double',
    async (slow) => {
      const name = newName('z');
      installation.proxies[slow].stall(SLOW_MS);
      installation.proxies[slow].renew();
      const id = await askFor(installation, name);
      const first = await until('its other branches are done', async () => {
        const rows = await logOf(installation, id);
        return rows.filter((it) => it.step.endsWith('.probe')).length === 3
          ? installation.operator.client.workflow.getHandle(`tenant-${id}`).describe()
          : undefined;
      });
      await installation.operator.client.workflow
        .getHandle(`tenant-${id}`, first.runId)
        .terminate('an operator was in a hurry');

      expect(await operationEnds(installation, id)).toMatchObject({ status: 'active', operation: { state: 'done' } });
      const second = await installation.operator.client.workflow.getHandle(`tenant-${id}`).describe();
      expect(second.runId).not.toBe(first.runId);
      const secrets = await installation.master.query(
        'SELECT backend, name, version FROM "TenantSecret" WHERE "tenantId" = $1',
        [id],
      );
      expect(secrets.rows).toHaveLength(5);
      expect(await observeFromOutside(installation.info, name)).toMatchObject(emptyTenant(name));
    },
  );
}
