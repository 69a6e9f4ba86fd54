import type { Pool } from 'pg';

/** A row of the audit trail, as far as tests look. */
export interface AuditedRow {
  actor: string | null;
  channel: string;
  address: string | null;
  userAgent: string | null;
  action: string;
  tenantId: string | null;
  tenantName: string | null;
  operationId: string | null;
  outcome: string;
  status: number | null;
  code: string | null;
  requestId: string | null;
  detail: Record<string, unknown> | null;
  count: number;
  windowSeconds: number | null;
}

/** Rows by the owner's eyes, oldest first; `where` says of which. */
export async function auditedRows(owner: Pick<Pool, 'query'>, where: Partial<AuditedRow>): Promise<AuditedRow[]> {
  const columns = Object.keys(where);
  const condition = columns.map((it, at) => `"${it}" = $${at + 1}`).join(' AND ') || 'true';
  const { rows } = await owner.query<AuditedRow>(
    `SELECT * FROM "AuditEvent" WHERE ${condition} ORDER BY "at", outcome = 'accepted'`,
    Object.values(where),
  );
  return rows;
}
