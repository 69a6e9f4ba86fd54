import { z } from 'zod';
import { OPERATION_STATES, TENANT_STATUSES } from '../states';
import { STUCK_REASONS } from '../stuck';
import { EXAMPLES } from './examples';
import { labelFilter } from './identity';
import { nextCursor, pageCursor as cursor, pageLimit as limit } from './paging';
import { operationSchema, tenantSchema } from './tenant';
import { plainText, traceId } from './text';

const flag = z.enum(['true', 'false']).default('false');

const MOST_LABELS_ASKED = 10;

export const listQuery = z.strictObject({
  status: z.enum(TENANT_STATUSES).optional(),
  name: plainText(0, 30).optional().describe('The exact name'),
  prefix: z
    .string()
    .regex(/^[a-z0-9]{1,30}$/, 'must be 1 to 30 characters, a-z and 0-9 only')
    .optional()
    .describe('Only names that begin so; they come by name then'),
  operation: z
    .enum(OPERATION_STATES)
    .optional()
    .describe('State of the last operation, or of one that a forced deletion has interrupted'),
  step: plainText(0, 100).optional().describe('A step it is parked at, or has been rolled back at'),
  externalId: plainText(0, 200).optional().describe('The exact externalId'),
  plan: plainText(0, 30).optional().describe('Only those that have this plan, also one that is in the file no more'),
  label: z
    .preprocess(
      // Given once, it arrives as one text.
      (given) => (typeof given === 'string' ? [given] : given),
      z.array(labelFilter).max(MOST_LABELS_ASKED, `must be ${MOST_LABELS_ASKED} at most`),
    )
    .optional()
    .describe('key:value. Repeated: only those that have all of these labels'),
  gone: flag.describe('true: show those that are gone as well'),
  limit: limit(50, 200),
  cursor,
});

export const logQuery = z.strictObject({ limit: limit(100, 500), cursor });

export const operationQuery = z.strictObject({ limit: limit(20, 100), cursor });

export const deleteQuery = z.strictObject({
  mode: z.enum(['soft', 'hard']).default('soft').describe('hard: all data is dropped'),
  force: flag.describe('true: also when the tenant is active'),
});

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional(),
});

export const tenantPage = z
  .object({ items: z.array(tenantSchema), nextCursor })
  .meta({ id: 'TenantPage', examples: [EXAMPLES.tenantPage] });

export const operationPage = z
  .object({ items: z.array(operationSchema), nextCursor })
  .meta({ id: 'OperationPage', examples: [EXAMPLES.operationPage] });

export const stuckQuery = z.strictObject({
  limit: limit(500, 1_000).describe('How many at most; parked ones come first'),
});

export const stuckList = z
  .object({
    items: z.array(
      tenantSchema.extend({
        why: z
          .enum(STUCK_REASONS)
          .describe(
            'parked: a step waits for an answer; not-started: no run has started; run-gone: its run was terminated; run-fails: its workflow task fails on every worker; run-unattended: it belongs to a build that has no workers; overdue-purge: its data is due to be dropped, and no sweep has started that; overdue-retire: the same of old credentials, which are due to be ended. A retry starts not-started, run-gone, run-fails and run-unattended anew',
          ),
        advice: z.string().nullable().describe('What to do about it'),
      }),
    ),
    isComplete: z
      .boolean()
      .describe('Whether the list is complete: nothing is left out, and all runs that had to be checked were'),
    notShown: z.number().int().describe('How many more are stuck, past the limit'),
    notAsked: z
      .number()
      .int()
      .describe('Operations in progress whose runs Temporal did not describe in time: some may be stuck'),
  })
  .meta({ id: 'StuckList', examples: [EXAMPLES.stuckList] });

export const bulkAnswerSchema = z
  .object({
    items: z.array(
      z.object({ id: z.uuid(), name: z.string(), result: z.string().describe('retried, or the code of the problem') }),
    ),
    isComplete: z
      .boolean()
      .describe('false: more is stuck than one request answers; send it again, with a new Idempotency-Key'),
  })
  .meta({ id: 'BulkAnswer', examples: [EXAMPLES.bulkAnswer] });

export const logRowSchema = z
  .object({
    id: z.uuid(),
    seq: z.number().int().describe('Orders the rows of one tenant'),
    operationId: z.uuid().nullable(),
    step: z.string(),
    status: z.enum(['success', 'error']),
    message: z.string().nullable(),
    attempt: z.number().int(),
    durationMs: z.number().int().nullable(),
    traceId: traceId.describe('That of its operation; null where that is not traced'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'LogRow' });

export const logPage = z
  .object({ items: z.array(logRowSchema), nextCursor })
  .meta({ id: 'LogPage', examples: [EXAMPLES.logPage] });

export type StuckListBody = z.output<typeof stuckList>;
/** What came of an answer to all that is stuck, tenant by tenant. */
export type BulkAnswerBody = z.output<typeof bulkAnswerSchema>;
export type LogRowBody = z.output<typeof logRowSchema>;
export type ListQuery = z.output<typeof listQuery>;
export type OperationQuery = z.output<typeof operationQuery>;
export type LogQuery = z.output<typeof logQuery>;
