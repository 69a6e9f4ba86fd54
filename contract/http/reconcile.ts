import { z } from 'zod';
import { BACKEND_KINDS } from '../backends';
import { FINDING_CLASSES } from '../findings';
import { EXAMPLES } from './examples';
import { plainText, rowId } from './text';

const time = z.iso.datetime();

export const reconcileBody = z
  .strictObject({
    fix: z.boolean().default(false).describe('true: repair what is safe to repair; nothing is ever dropped'),
  })
  .nullish()
  .meta({ examples: [EXAMPLES.reconcile] });
export const reportParams = z.strictObject({ id: rowId() });
export const startedSchema = z
  .object({ id: z.uuid().describe('GET it by this id; 404 until it is there') })
  .meta({ id: 'Started', examples: [EXAMPLES.started] });

const findingSchema = z
  .object({
    class: z.enum(FINDING_CLASSES),
    backend: z.enum(BACKEND_KINDS).nullable().describe('Null for an operation'),
    name: z
      .string()
      .nullable()
      .describe(
        'What it is called at the server, or the tenant of an operation; null where it is about a whole server',
      ),
    id: z
      .string()
      .nullable()
      .describe('What the server calls it, or its nonce where the server has no id; of an operation its own'),
    tenantId: z.string().nullable(),
    what: z.string(),
    fixable: z.boolean().describe('Whether fix repairs it'),
    fixed: z.boolean().describe('Whether this reconciliation has'),
  })
  .meta({ id: 'Finding' });

/** One finding of a reconciliation, as its report keeps it. */
export type Finding = z.output<typeof findingSchema>;

export const reportSchema = z
  .object({
    id: z.uuid(),
    requestedBy: z.string(),
    fix: z.boolean(),
    startedAt: time,
    endedAt: time,
    counts: z
      .record(z.string(), z.number())
      .describe('How many resources were compared, findings of each class, and what was fixed'),
    findings: z.array(findingSchema),
  })
  .meta({ id: 'ReconcileReport', examples: [EXAMPLES.report] });

export const dropBody = z
  .strictObject({
    backend: z.enum(BACKEND_KINDS),
    name: plainText(1, 100).describe('What it is called at the server'),
    externalId: plainText(1, 100).describe('Its id, as the report has it: it must match exactly'),
  })
  .meta({ id: 'DropOrphan', examples: [EXAMPLES.drop] });

export const dropSchema = z
  .object({
    id: z.uuid(),
    backend: z.enum(BACKEND_KINDS),
    name: z.string(),
    externalId: z.string(),
    state: z.enum(['running', 'done', 'refused', 'failed']),
    cause: z.string().nullable(),
    evidence: z.unknown().describe('How its absence was seen'),
    requestedBy: z.string(),
    startedAt: time,
    endedAt: time.nullable(),
  })
  .meta({ id: 'OrphanDrop', examples: [EXAMPLES.orphanDrop] });

export type ReportBody = z.output<typeof reportSchema>;
export type OrphanDropBody = z.output<typeof dropSchema>;
