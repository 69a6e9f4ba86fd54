import { z } from 'zod';
import { AUDIT_ACTIONS, AUDIT_CHANNELS, AUDIT_OUTCOMES } from '../audit';
import { EXAMPLES } from './examples';
import { nextCursor, pageCursor, pageLimit } from './paging';
import { plainText } from './text';

const time = z.iso.datetime();

/** A moment in a query: ISO 8601 with a zone, within the years that the master database compares. */
export const moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-11-27T06:00:00Z' })
  .refine((text) => !(Date.parse(text) < 0), 'must be in 1970 or later');

export const auditQuery = z.strictObject({
  tenant: plainText(1, 40).optional().describe('Id or exact name; a name finds all tenants that ever had it'),
  actor: plainText(1, 255).optional().describe('The subject of a token, exactly'),
  action: z.enum(AUDIT_ACTIONS).optional(),
  since: moment.optional().describe('Only what is not older'),
  limit: pageLimit(100, 500),
  cursor: pageCursor,
});

export const auditEventSchema = z
  .object({
    id: z.uuid(),
    at: time,
    actor: z.string().nullable().describe('The subject of the token; null where no valid token was sent'),
    actorName: z.string().nullable().describe('How the token names its subject'),
    channel: z
      .enum(AUDIT_CHANNELS)
      .describe('temporal: an answer past the API; detail.claimedBy is who it says it is from'),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    action: z.string().describe('Stable: the operationId of a route, or what happened past the API'),
    tenantId: z.uuid().nullable(),
    tenantName: z.string().nullable().describe('As it was called then'),
    operationId: z.uuid().nullable(),
    outcome: z.enum(AUDIT_OUTCOMES),
    status: z.number().int().nullable().describe('The HTTP status'),
    code: z.string().nullable().describe('The code of the problem'),
    requestId: z.string().nullable(),
    detail: z.unknown().describe('What was requested beyond the path; never a secret, nor a body as it came'),
    count: z.number().int().describe('How many equal refusals the row stands for'),
    windowSeconds: z
      .number()
      .int()
      .nullable()
      .describe('Set where refusals were counted: they came in so many seconds before'),
  })
  .meta({ id: 'AuditEvent' });

export const auditPage = z
  .object({ items: z.array(auditEventSchema), nextCursor })
  .meta({ id: 'AuditPage', examples: [EXAMPLES.auditPage] });

export type AuditQuery = z.output<typeof auditQuery>;
export type AuditEventBody = z.output<typeof auditEventSchema>;
