import { randomUUID } from 'node:crypto';
import { OPEN_STATES, type ParkedStep, type StatusOperationKind } from '@freeflow/contract';
import type { TestInstallation } from './installation';
import { PATIENCE_MS, until, untilStandstill } from './until';

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
  backend: string;
  acceptServer: boolean;
  cause: string | null;
  advice: string | null;
  requestedBy: string;
  evidence: unknown;
}

/** What its operation waits at for an answer, as the master database has it; an adoption beside it doesn't count. */
async function parksOf({ master }: Pick<TestInstallation, 'master'>, id: string): Promise<ParkedStep[]> {
  const { rows } = await master.query<{ parked: ParkedStep[] | null }>(
    'SELECT parked FROM "TenantOperation" WHERE "tenantId" = $1 AND kind <> \'adopt\' ORDER BY "createdAt" DESC LIMIT 1',
    [id],
  );
  return rows[0]?.parked ?? [];
}

/** The names of the steps that wait for an answer. */
export const parkedStepsOf = async (installation: TestInstallation, id: string): Promise<string[]> =>
  (await parksOf(installation, id)).map(({ step }) => step);

/** Waits until it stands at these steps, and at no others. */
export async function untilParkedAt(installation: TestInstallation, id: string, ...steps: string[]): Promise<void> {
  const expected = steps.toSorted().join();
  await until(
    `parked at ${steps.join(', ')}`,
    async () => (await parkedStepsOf(installation, id)).toSorted().join() === expected,
  );
}

export async function abortWhenParked(installation: TestInstallation, id: string): Promise<void> {
  await until('it is parked', async () => (await parksOf(installation, id)).length > 0);
  const { status, text } = await installation.request('POST', `/tenants/${id}/abort`, { reason: 'a test' });
  if (status !== 202) throw new Error(`abort answered ${status}: ${text}`);
}

const OPEN: readonly string[] = OPEN_STATES;

/** Requests a tenant and waits until the operation has ended, however it ended. */
export async function createTenant(installation: TestInstallation, name: string): Promise<Tenant> {
  return operationEnds(installation, await askFor(installation, name));
}

/** Requests a tenant; gives its id. */
export async function askFor(installation: TestInstallation, name: string): Promise<string> {
  const { status, text, body } = await installation.request(
    'POST',
    '/tenants',
    { name },
    { 'idempotency-key': randomUUID() },
  );
  if (status !== 202) throw new Error(`POST answered ${status}: ${text}`);
  return String(body.id);
}

/** Deletes it hard, with force, and waits until that has ended. */
export async function deleteTenant(installation: TestInstallation, id: string): Promise<Tenant> {
  const { status, text } = await installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
  if (status !== 202) throw new Error(`DELETE answered ${status}: ${text}`);
  return operationEnds(installation, id);
}

/** POST /tenants/{id}/{action}, or a soft delete; waits until that has ended. */
export async function change(
  installation: TestInstallation,
  id: string,
  action: 'suspend' | 'resume' | 'restore' | 'upgrade' | 'delete',
): Promise<Tenant> {
  const { status, text } =
    action === 'delete'
      ? await installation.request('DELETE', `/tenants/${id}`)
      : await installation.request('POST', `/tenants/${id}/${action}`);
  if (status !== 202) throw new Error(`${action} answered ${status}: ${text}`);
  return operationEnds(installation, id);
}

/** POST /tenants/{id}/rotate; waits until that has ended. */
export async function rotate(installation: TestInstallation, id: string, overlapSeconds: number): Promise<Tenant> {
  const { status, text } = await installation.request('POST', `/tenants/${id}/rotate`, { overlapSeconds });
  if (status !== 202) throw new Error(`rotate answered ${status}: ${text}`);
  return operationEnds(installation, id);
}

/** POST /tenants/{id}/adopt; waits until that has ended. */
export async function adopt(
  installation: TestInstallation,
  id: string,
  backend: string,
  more: { acceptServer?: boolean } = {},
): Promise<Adoption> {
  const { status, text, body } = await installation.request('POST', `/tenants/${id}/adopt`, { backend, ...more });
  if (status !== 202) throw new Error(`adopt answered ${status}: ${text}`);
  const { id: adoptionId } = body['operation'] as Adoption;
  return until(`the adoption of ${backend} has ended`, async () => {
    const { adoptions } = (await installation.request('GET', `/tenants/${id}`)).body as unknown as {
      adoptions: Adoption[];
    };
    return adoptions.find((it) => it.id === adoptionId && !OPEN.includes(it.state));
  });
}

export async function tenantOf(installation: TestInstallation, id: string): Promise<Tenant> {
  return (await installation.request('GET', `/tenants/${id}`)).body as unknown as Tenant;
}

/** What has been done by all operations of the installation: as long as it grows, what is waited for may come yet. */
async function stepsDone({ master }: Pick<TestInstallation, 'master'>): Promise<string | undefined> {
  const { rows } = await master.query<{ done: string }>(
    `SELECT count(*) AS done FROM "TenantProvisionLog" WHERE status = 'success'`,
  );
  return rows[0]?.done;
}

/**
 * Waits until the tenant's last operation has ended.
 * @param standstillMs fails when for this long no step of any operation of the installation was done
 * @param kind where it has to be of this kind
 */
export async function operationEnds(
  installation: TestInstallation,
  id: string,
  standstillMs = PATIENCE_MS,
  kind?: StatusOperationKind,
): Promise<Tenant> {
  try {
    return await untilStandstill(
      `the ${kind ?? 'operation'} on ${id} has ended`,
      async () => {
        if (await hasOpenOperation(installation, id)) return undefined;
        const tenant = await tenantOf(installation, id);
        const { operation } = tenant;
        return OPEN.includes(operation.state) || (kind ?? operation.kind) !== operation.kind ? undefined : tenant;
      },
      () => stepsDone(installation),
      standstillMs,
    );
  } catch (error) {
    // Whoever reads a red run sees where it hangs.
    const { operation } = await tenantOf(installation, id);
    const log = (await logOf(installation, id)).slice(-8);
    throw new Error(`${String(error)}: ${JSON.stringify({ operation, log })}`, { cause: error });
  }
}

/**
 * Asked of the master database itself, which costs a busy machine far less than the API does; an adoption doesn't
 * count.
 */
export async function hasOpenOperation({ master }: Pick<TestInstallation, 'master'>, id: string): Promise<boolean> {
  const { rowCount } = await master.query(
    `SELECT 1 FROM "TenantOperation" WHERE "tenantId" = $1 AND kind <> 'adopt' AND "endedAt" IS NULL`,
    [id],
  );
  return rowCount !== 0;
}

/** All log rows of a tenant, in order, straight from the master database. */
export async function logOf(installation: TestInstallation, id: string): Promise<LogRow[]> {
  const { rows } = await installation.master.query<LogRow>(
    'SELECT step, status, message, attempt, seq FROM "TenantProvisionLog" WHERE "tenantId" = $1 ORDER BY seq',
    [id],
  );
  return rows;
}
