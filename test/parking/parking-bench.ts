import type { BackendKind } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import type { FaultInjectedInstallation } from '../support/fault-injected-installation';
import { pooled } from '../support/pooled';
import { createTenant, untilParkedAt } from '../support/tenants';
import { until } from '../support/until';

export interface Named {
  id: string;
  name: string;
}

/** The worker of an installation, to be replaced. */
export interface Replaceable {
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * What tests do to operations whose steps at several backends are held up.
 * @param standing active tenants that are left from before: they are used up first
 */
export function createParkingBench(given: () => FaultInjectedInstallation, standing: Named[]) {
  const post = async (id: string, action: string, body?: object) =>
    expect(await given().request('POST', `/tenants/${id}/${action}`, body)).toMatchObject({ status: 202 });
  const shutProxies = (...backends: BackendKind[]) => backends.forEach((it) => given().proxies[it].shut());
  const open = (...backends: BackendKind[]) => backends.forEach((it) => given().proxies[it].open());
  const stall = (backend: BackendKind, ms: number) => {
    given().proxies[backend].stall(ms);
    given().proxies[backend].renew();
  };

  const createSome = async (count: number): Promise<Named[]> => {
    const left = standing.splice(0, count);
    const names = Array.from({ length: count - left.length }, () => newName('w'));
    return [...left, ...(await pooled(2, names, (name) => createTenant(given(), name)))];
  };

  /** Whether its last operation has logged this so many times. */
  const hasLogged =
    (id: string, what: RegExp, times = 1) =>
    async () => {
      const { rows } = await given().master.query<{ said: string }>(
        `SELECT l.step || ' ' || l.status AS said FROM "TenantProvisionLog" l WHERE "operationId" = (SELECT id FROM "TenantOperation" WHERE "tenantId" = $1 ORDER BY "createdAt" DESC LIMIT 1)`,
        [id],
      );
      return rows.filter((it) => what.test(it.said)).length >= times;
    };

  /** Gives up what has come to its end everywhere but at Keycloak, and lets the undo fail at the two others. */
  async function undoing(tenants: readonly Named[], step: string): Promise<void> {
    const verb = step.replace('keycloak.', '').replace('create', 'probe');
    for (const { id } of tenants) {
      await untilParkedAt(given(), id, step);
      await until(
        'it is done everywhere else',
        hasLogged(id, new RegExp(`^(postgres|mongodb|qdrant)\\.${verb} success`), 3),
      );
    }
    shutProxies('postgres', 'qdrant');
    open('keycloak');
    await Promise.all(tenants.map(({ id }) => post(id, 'abort')));
  }

  return { post, shutProxies, open, stall, createSome, hasLogged, undoing };
}
