import { randomUUID } from 'node:crypto';
import type { FleetTenant, FleetUpgrade, Prisma, Tenant } from '@freeflow/db-master';
import type { Due } from '../due-operations';

type Tx = Prisma.TransactionClient;

/** An operation in progress ends soon, mostly: so often, by so long each, a tenant is put off before it is left. */
const MOST_PUT_OFF = 10;
const PUT_OFF_S = 3;

type Row = FleetTenant & Pick<Tenant, 'status' | 'goneAt' | 'blueprintVersion'> & { isHeld: boolean; isBusy: boolean };

/**
 * Takes up the next tenants: each gets an operation of its own, accepted as a request of its requester. One that is not
 * in order for it is left for later, which is no failure.
 * @param slots how many at most
 * @param isCanary of the canaries alone
 * @returns the operations, to be started once they are committed
 */
export async function takeUp(tx: Tx, fleet: FleetUpgrade, slots: number, isCanary: boolean): Promise<Due[]> {
  // The row of a tenant is locked as by whoever requests something for it; one that somebody holds is put off.
  const rows = await tx.$queryRaw<Row[]>`
    SELECT f.*, t.status, t."goneAt", t."blueprintVersion", coalesce(t."holdUntil" > now(), false) AS "isHeld",
           EXISTS (SELECT FROM "TenantOperation" o WHERE o."tenantId" = t.id AND o."endedAt" IS NULL AND o.backend IS NULL) AS "isBusy"
      FROM "FleetTenant" f JOIN "Tenant" t ON t.id = f."tenantId"
     WHERE f."upgradeId" = ${fleet.id}::uuid AND f.state = 'waiting' AND (f."isCanary" OR NOT ${isCanary})
       AND (f."notBefore" IS NULL OR f."notBefore" <= now())
     ORDER BY f.position LIMIT ${slots} FOR KEY SHARE OF t SKIP LOCKED`;
  const due: Due[] = [];
  for (const row of rows) {
    const why = reasonToLeave(row);
    if (row.blueprintVersion !== null && row.blueprintVersion >= fleet.version) await settle(tx, row, 'done', null);
    else if (why !== undefined) await settle(tx, row, 'left', why);
    else if (row.isBusy) await putOff(tx, row);
    else due.push(...(await accept(tx, fleet, row)));
  }
  return due;
}

function reasonToLeave({ status, goneAt, isHeld }: Row): string | undefined {
  if (goneAt !== null) return 'it is gone';
  if (status !== 'active') return `it is ${status}`;
  return isHeld ? 'it is on hold' : undefined;
}

const settle = (tx: Tx, { id }: Row, state: 'done' | 'left', cause: string | null) =>
  tx.$executeRaw`UPDATE "FleetTenant" SET state = ${state}, cause = ${cause}, "changedAt" = clock_timestamp() WHERE id = ${id}::uuid`;

async function putOff(tx: Tx, row: Row): Promise<void> {
  const cause = 'another operation is in progress';
  if (row.putOff >= MOST_PUT_OFF) return void (await settle(tx, row, 'left', cause));
  await tx.$executeRaw`
    UPDATE "FleetTenant" SET "putOff" = "putOff" + 1, cause = ${cause}, "changedAt" = clock_timestamp(),
           "notBefore" = now() + ${PUT_OFF_S} * interval '1 second' WHERE id = ${row.id}::uuid`;
}

/** Without effect where another request came first: then it is put off. */
async function accept(tx: Tx, { version, requestedBy }: FleetUpgrade, row: Row): Promise<Due[]> {
  const operationId = randomUUID();
  const { tenantId, tenantName } = row;
  const accepted = await tx.$executeRaw`
    INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy", "blueprintVersion")
    VALUES (${operationId}::uuid, ${tenantId}::uuid, 'upgrade', ${requestedBy}, ${version}) ON CONFLICT DO NOTHING`;
  if (accepted === 0) {
    await putOff(tx, row);
    return [];
  }
  await tx.$executeRaw`
    UPDATE "FleetTenant" SET state = 'running', "operationId" = ${operationId}::uuid, cause = NULL, "changedAt" = clock_timestamp()
     WHERE id = ${row.id}::uuid`;
  return [
    {
      id: operationId,
      tenantId,
      tenantName,
      kind: 'upgrade',
      requestedBy,
      force: false,
      backend: null,
      traceparent: null,
    },
  ];
}
