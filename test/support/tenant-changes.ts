import { randomBytes, randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';

type Session = Pool | PoolClient;

/** Changes of a master database as the product makes them, by SQL alone: nothing exists at any backend. */
export interface ChangedTenant {
  id: string;
  name: string;
  operationId: string;
}

/** A tenant and the create of it, as the API commits them. */
export async function insertTenant(session: Session): Promise<ChangedTenant> {
  const tenant = { id: randomUUID(), name: `t${randomBytes(6).toString('hex')}`, operationId: randomUUID() };
  const { id, name, operationId } = tenant;
  await session.query(
    `WITH tenant AS (INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection")
       VALUES ($1, $2, $2, $2, $2, $2) RETURNING id)
     INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy") SELECT $3, id, 'create', 'an admin' FROM tenant`,
    [id, name, operationId],
  );
  return tenant;
}

/** Changes columns of the tenant, by names of ours. */
export const updateTenant = async (session: Session, { id }: ChangedTenant, assignments: string): Promise<void> =>
  void (await session.query(`UPDATE "Tenant" SET ${assignments} WHERE id = $1`, [id]));

/** The same of its operation. */
export const updateOperation = async (
  session: Session,
  { operationId }: ChangedTenant,
  assignments: string,
): Promise<void> =>
  void (await session.query(`UPDATE "TenantOperation" SET ${assignments} WHERE id = $1`, [operationId]));

/** How an operation has ended, beside what `endedOperation` assumes. */
interface Ended {
  /** How long ago. */
  days: number;
  kind?: string;
  state?: string;
  /** null: it had nothing to do. */
  fromStatus?: string | null;
  backend?: string;
  evidence?: object;
  /** Whether it has a row of the log. */
  log?: boolean;
}

/** One more operation of the tenant, by default a suspend that is done; gives its id. */
export async function endedOperation(
  session: Session,
  { id: tenantId }: Pick<ChangedTenant, 'id'>,
  { days, kind = 'suspend', state = 'done', fromStatus = 'active', backend, evidence, log = true }: Ended,
): Promise<string> {
  const id = randomUUID();
  await session.query(
    `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "fromStatus", backend, evidence, "requestedBy", "createdAt", "endedAt")
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'an admin', now() - make_interval(days => $8, mins => 1), now() - make_interval(days => $8))`,
    [
      id,
      tenantId,
      kind,
      state,
      fromStatus,
      backend ?? null,
      evidence === undefined ? null : JSON.stringify(evidence),
      days,
    ],
  );
  if (log) await insertAttempt(session, { id: tenantId, operationId: id }, 'success');
  return id;
}

/** One attempt of a step. */
export const insertAttempt = async (
  session: Session,
  { id, operationId }: Omit<ChangedTenant, 'name'>,
  status: 'success' | 'error',
  message = 'so it went',
): Promise<void> =>
  void (await session.query(`SELECT append_log($1, $1, $2, $3, 'postgres.create', $4, $5, 12, 'run/1')`, [
    randomUUID(),
    id,
    operationId,
    status,
    message,
  ]));

/** An answer that a request of the API is about to hand on, as the audit trail has it. */
export const insertBegun = async (session: Session, { id, name, operationId }: ChangedTenant): Promise<void> =>
  void (await session.query(
    `INSERT INTO "AuditEvent" (id, channel, action, outcome, actor, "requestId", "tenantId", "tenantName", "operationId")
     VALUES ($1, 'api', 'tenants.retry', 'begun', 'on-call', $2, $5, $3, $4)`,
    [randomUUID(), id, name, operationId, id],
  ));

/** The same once it takes effect. */
export const insertAnswer = async (session: Session, { id, name, operationId }: ChangedTenant): Promise<void> =>
  void (await session.query(
    `INSERT INTO "AuditEvent" (id, channel, action, outcome, actor, "requestId", "tenantId", "tenantName", "operationId", detail)
     VALUES ($1, 'api', 'answers.retry', 'done', 'on-call', $2, $5, $3, $4, '{"steps": ["qdrant.create"], "givenAt": "2026-11-27T06:00:00Z"}')`,
    [randomUUID(), id, name, operationId, id],
  ));

/** Runs work in one transaction. */
export async function inTransaction<T>(
  pool: Pool,
  work: (session: PoolClient) => Promise<T>,
  end: 'COMMIT' | 'ROLLBACK' = 'COMMIT',
): Promise<T> {
  const session = await pool.connect();
  try {
    await session.query('BEGIN');
    const result = await work(session);
    await session.query(end);
    return result;
  } finally {
    session.release();
  }
}
