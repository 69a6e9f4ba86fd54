import type { AuditAction, AuditChannel, AuditOutcome } from '@freeflow/contract';
import { scrub, storable } from '@freeflow/lib/scrub';
import type { Prisma } from './generated/client';

/** What a row of the audit trail says; what is left out is not known, or does not apply. */
export interface AuditRow {
  /** Where it is written again, it is one row. @default one of its own */
  id?: string;
  channel: AuditChannel;
  action: AuditAction;
  outcome: AuditOutcome;
  actor?: string | null;
  actorName?: string | null;
  address?: string | null;
  userAgent?: string | null;
  tenantId?: string | null;
  tenantName?: string | null;
  operationId?: string | null;
  status?: number | null;
  code?: string | null;
  requestId?: string | null;
  detail?: Readonly<Record<string, unknown>>;
  count?: number;
  windowSeconds?: number;
}

const MOST_CHARACTERS = 300;
// oxlint-disable-next-line no-control-regex -- they are what is replaced
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * The row as it is stored: every text that came from outside bounded, of one line, and scrubbed of what looks secret.
 */
export function auditData({ detail, ...row }: AuditRow): Prisma.AuditEventCreateManyInput {
  const texts = { actor: row.actor, actorName: row.actorName, address: row.address, userAgent: row.userAgent };
  const clean = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, cleanText(text)]));
  const known = Object.entries(detail ?? {}).filter(([, it]) => it !== undefined);
  return { ...row, ...clean, ...(known.length === 0 ? {} : { detail: cleanDetail(Object.fromEntries(known)) }) };
}

/**
 * Adds rows, in the transaction of what they are about where there is one. Needs the right to INSERT alone; a row that
 * is there already stays as it is.
 */
export const recordAudit = (
  db: Pick<Prisma.TransactionClient, 'auditEvent'>,
  rows: readonly AuditRow[],
): Prisma.PrismaPromise<Prisma.BatchPayload> =>
  db.auditEvent.createMany({ data: rows.map(auditData), skipDuplicates: true });

const cleanText = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : auditText(text);

/** A text as a row has it: whoever looks for one by it compares this. */
export const auditText = (text: string): string =>
  Array.from(scrub(text).replaceAll(CONTROLS, ' ')).slice(0, MOST_CHARACTERS).join('');

/** Texts at any depth; all else is ours. */
function cleanDetail(value: Readonly<Record<string, unknown>>): Prisma.InputJsonValue {
  const clean = (it: unknown): unknown => {
    if (typeof it === 'string') return cleanText(it);
    if (Array.isArray(it)) return it.map(clean);
    if (typeof it !== 'object' || it === null) return it;
    return Object.fromEntries(
      Object.entries(it).flatMap(([name, field]) => (field === undefined ? [] : [[name, clean(field)]])),
    );
  };
  return storable(clean(value)) as Prisma.InputJsonValue;
}
