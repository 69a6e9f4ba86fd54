import { EVENT_DATA, type CloudEventBody, type TenantBody } from '@freeflow/contract/http';
import type { QueryClient } from '@tanstack/react-query';
import { KEYS } from '../api/keys';

/** A page of tenants, or one with the ETag it was read with. */
interface Listed {
  items: TenantBody[];
}
interface Shown {
  tenant: TenantBody;
}

/** Writes what an event tells of a tenant into all that shows it. */
export function writeTenantEvent(client: QueryClient, name: string, { data }: CloudEventBody): void {
  const { tenantId } = data;
  if (tenantId === null) return;
  const change = changeBy(name, data);
  if (change === undefined) return;
  client.setQueriesData<Listed>({ queryKey: KEYS.tenantLists }, (page) =>
    page?.items.some(({ id }) => id === tenantId)
      ? { ...page, items: page.items.map((it) => (it.id === tenantId ? change(it) : it)) }
      : page,
  );
  client.setQueriesData<TenantBody>({ queryKey: KEYS.answered(tenantId) }, (tenant) =>
    tenant === undefined ? tenant : change(tenant),
  );
  client.setQueriesData<Shown>({ queryKey: KEYS.tenant(tenantId) }, (shown) =>
    shown === undefined ? shown : { ...shown, tenant: change(shown.tenant) },
  );
}

type Change = <T extends TenantBody>(tenant: T) => T;

/** What becomes of a tenant; undefined where the event does not tell enough, so that it has to be read. */
function changeBy(name: string, { operationId, ...data }: CloudEventBody['data']): Change | undefined {
  const inOperation =
    (changes: Partial<NonNullable<TenantBody['operation']>>): Change =>
    (tenant) =>
      tenant.operation?.id === operationId ? { ...tenant, operation: { ...tenant.operation, ...changes } } : tenant;
  const { tenantId: _tenantId, tenantName: _tenantName, ...told } = data;
  switch (name) {
    case 'tenant.status-changed': {
      const { success, data: its } = EVENT_DATA[name].safeParse(told);
      return success ? (tenant) => ({ ...tenant, status: its.to }) : undefined;
    }
    case 'operation.started':
      return inOperation({ state: 'running' });
    case 'operation.parked': {
      const { success, data: its } = EVENT_DATA[name].safeParse(told);
      if (!success) return undefined;
      const [first] = its.steps;
      const why = first === undefined ? {} : { step: first.step, cause: first.cause, advice: first.advice };
      return inOperation({ state: 'parked', parked: its.steps, ...why });
    }
    case 'operation.unparked': {
      const { success, data: its } = EVENT_DATA[name].safeParse(told);
      return success ? inOperation({ state: its.undoing ? 'undoing' : 'running', parked: [] }) : undefined;
    }
    case 'operation.undoing':
      return inOperation({ state: 'undoing' });
    case 'operation.ended': {
      const { success, data: its } = EVENT_DATA[name].safeParse(told);
      return success ? inOperation({ ...its, parked: [] }) : undefined;
    }
    default:
      return undefined;
  }
}
