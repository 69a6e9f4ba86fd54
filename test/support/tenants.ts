import { randomUUID } from 'node:crypto';
import type { House } from './house';
import { until } from './until';

/** A tenant as the API shows it, as far as tests look. */
export interface Tenant {
  id: string;
  name: string;
  status: string;
  goneAt: string | null;
  purgeAt: string | null;
  operation: {
    id: string;
    kind: string;
    state: string;
    step: string | null;
    attempts: number;
    cause: string | null;
    advice: string | null;
    requestedBy: string;
    evidence: unknown;
  };
}

export interface LogRow {
  step: string;
  status: string;
  message: string | null;
  attempt: number;
  seq: number;
}

export interface Adoption {
  id: string;
  state: string;
  resource: string;
  acceptServer: boolean;
  cause: string | null;
  advice: string | null;
  requestedBy: string;
  evidence: unknown;
}

/** The steps that wait for an answer, as the log tells. */
export async function parked(house: House, id: string): Promise<string[]> {
  const { operation } = await tenantOf(house, id);
  if (operation.state !== 'parked') return [];
  const rows = (await logOf(house, id)).filter((it) => it.step === 'park');
  return /^parked at (.*?): /.exec(rows.at(-1)?.message ?? '')?.[1]?.split(', ') ?? [];
}

export async function abortWhenParked(house: House, id: string): Promise<void> {
  await until('it is parked', async () => (await parked(house, id)).length > 0);
  const { status, text } = await house.request('POST', `/tenants/${id}/abort`, { reason: 'a test' });
  if (status !== 202) throw new Error(`abort answered ${status}: ${text}`);
}

const OPEN = ['requested', 'running', 'parked', 'undoing'];

/** Asks for a tenant and waits until the operation has ended, however it ended. */
export async function createTenant(house: House, name: string): Promise<Tenant> {
  return operationEnds(house, await askFor(house, name));
}

/** Asks for a tenant; gives its id. */
export async function askFor(house: House, name: string): Promise<string> {
  const { status, text, body } = await house.request('POST', '/tenants', { name }, { 'idempotency-key': randomUUID() });
  if (status !== 202) throw new Error(`POST answered ${status}: ${text}`);
  return String(body.id);
}

/** Deletes it hard, with force, and waits until that has ended. */
export async function deleteTenant(house: House, id: string): Promise<Tenant> {
  const { status, text } = await house.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
  if (status !== 202) throw new Error(`DELETE answered ${status}: ${text}`);
  return operationEnds(house, id);
}

/** POST /tenants/{id}/{action}, or a soft delete; waits until that has ended. */
export async function change(
  house: House,
  id: string,
  action: 'suspend' | 'resume' | 'restore' | 'delete',
): Promise<Tenant> {
  const { status, text } =
    action === 'delete'
      ? await house.request('DELETE', `/tenants/${id}`)
      : await house.request('POST', `/tenants/${id}/${action}`);
  if (status !== 202) throw new Error(`${action} answered ${status}: ${text}`);
  return operationEnds(house, id);
}

/** POST /tenants/{id}/adopt; waits until that has ended. */
export async function adopt(
  house: House,
  id: string,
  resource: string,
  more: { acceptServer?: boolean } = {},
): Promise<Adoption> {
  const { status, text, body } = await house.request('POST', `/tenants/${id}/adopt`, { resource, ...more });
  if (status !== 202) throw new Error(`adopt answered ${status}: ${text}`);
  const { id: adoptionId } = body['operation'] as Adoption;
  return until(`the adoption of ${resource} has ended`, async () => {
    const { adoptions } = (await house.request('GET', `/tenants/${id}`)).body as unknown as { adoptions: Adoption[] };
    return adoptions.find((it) => it.id === adoptionId && !OPEN.includes(it.state));
  });
}

export async function tenantOf(house: House, id: string): Promise<Tenant> {
  return (await house.request('GET', `/tenants/${id}`)).body as unknown as Tenant;
}

/** Waits until the tenant's last operation has ended. */
export async function operationEnds(house: House, id: string, timeoutMs = 90_000): Promise<Tenant> {
  return until(
    `the operation on ${id} has ended`,
    async () => {
      const tenant = await tenantOf(house, id);
      if (!OPEN.includes(tenant.operation.state)) return tenant;
      // Becomes the cause of the time-out: whoever reads a red run sees where it hangs.
      throw new Error(JSON.stringify({ operation: tenant.operation, log: (await logOf(house, id)).slice(-8) }));
    },
    timeoutMs,
  );
}

/** All log rows of a tenant, in order, straight from the master database. */
export async function logOf(house: House, id: string): Promise<LogRow[]> {
  const { rows } = await house.master.query<LogRow>(
    'SELECT step, status, message, attempt, seq FROM "TenantProvisionLog" WHERE "tenantId" = $1 ORDER BY seq',
    [id],
  );
  return rows;
}
