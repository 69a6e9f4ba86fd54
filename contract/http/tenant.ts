import { z } from 'zod';
import { BACKEND_KINDS, BACKENDS, CONNECTION_SERVICES } from '../backends';
import { OPERATION_KINDS } from '../operations/kinds';
import { DEFAULT_OVERLAP_S, LONGEST_OVERLAP_S } from '../rotation';
import { OPERATION_STATES, TENANT_STATUSES } from '../states';
import { isReservedTenantName, TENANT_NAME_PATTERN, type TenantNames } from '../tenant-names';
import { EXAMPLES } from './examples';
import { identityOnCreate, identitySchema } from './identity';
import { plainText, rowId, traceId } from './text';

const time = z.iso.datetime();

export const tenantName = z
  .string()
  .regex(TENANT_NAME_PATTERN, 'must be 3 to 30 characters, a-z and 0-9 only')
  .refine((name) => !isReservedTenantName(name), 'is reserved; choose another name')
  .describe('3 to 30 lower-case letters and digits; some words are reserved')
  .meta({ example: 'acme' });

export const createTenantBody = z
  .strictObject({ name: tenantName, ...identityOnCreate })
  .meta({ id: 'CreateTenant', examples: [EXAMPLES.createTenant] });
/** Of requests that need nothing but their path. */
export const noBody = z
  .strictObject({})
  .nullish()
  .meta({ examples: [EXAMPLES.nothing] });
const stepName = plainText(1, 60)
  .optional()
  .describe('The step, as operation.step names it; all stuck ones when left out');
const reason = plainText(3, 300);
const operationId = rowId()
  .optional()
  .describe('The operation that the answer is for; 409 if it is not the current one. The current one when left out');
export const retryBody = z
  .strictObject({ step: stepName, operationId })
  .nullish()
  .meta({ examples: [EXAMPLES.retry] });
export const retryAllBody = z
  .strictObject({ step: stepName })
  .nullish()
  .meta({ examples: [EXAMPLES.retry] });
export const abortBody = z
  .strictObject({ reason: reason.optional(), operationId })
  .nullish()
  .meta({ examples: [EXAMPLES.abort] });
export const skipBody = z
  .strictObject({
    step: stepName,
    reason: reason.describe('Why it is left behind; kept with the operation'),
    operationId,
  })
  .meta({ examples: [EXAMPLES.skip] });
export const adoptBody = z
  .strictObject({
    backend: z.enum(BACKEND_KINDS).describe('What has another id since its server was restored'),
    acceptServer: z
      .boolean()
      .default(false)
      .describe('true: it stands on another server than the recorded one, and that is right'),
  })
  .meta({ id: 'Adopt', examples: [EXAMPLES.adopt] });
export const rotateBody = z
  .strictObject({
    backend: z.enum(BACKEND_KINDS).optional().describe('Only there; at every backend when left out'),
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(LONGEST_OVERLAP_S)
      .default(DEFAULT_OVERLAP_S)
      .describe('How long the credentials before stay valid; 0: they are ended at once, with their sessions'),
  })
  .nullish()
  .meta({ id: 'Rotate', examples: [EXAMPLES.rotate] });
export const tenantParams = z.strictObject({ id: rowId() });

export const parkedStepSchema = z
  .object({
    step: z.string(),
    parkId: z.number().int().describe('Another one each time the step is parked, also after a retry that failed'),
    cause: z.string(),
    advice: z.string(),
    since: time,
  })
  .meta({ id: 'ParkedStep' });

export const operationSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(OPERATION_KINDS),
    state: z.enum(OPERATION_STATES),
    step: z.string().nullable().describe('The step that needs attention; null while all goes well'),
    attempts: z.number().int().describe('How often that step has failed'),
    cause: z.string().nullable(),
    advice: z.string().nullable(),
    parked: z.array(parkedStepSchema).describe('The steps that wait for an answer'),
    force: z.boolean(),
    backend: z.enum(BACKEND_KINDS).nullable().describe('What an adoption is about; null for all others'),
    acceptServer: z.boolean().describe('Of an adoption: from another server as well'),
    plan: z
      .string()
      .nullable()
      .describe('The plan to which a change of plan leads, null: to none; null for all others'),
    onlyAt: z.enum(BACKEND_KINDS).nullable().describe('Of a rotation: at this backend alone; else null'),
    overlapSeconds: z
      .number()
      .int()
      .nullable()
      .describe('Of a rotation: for how long the credentials before stay valid; null for all others'),
    requestedBy: z.string(),
    traceId: traceId.describe('The trace of its request, in which its steps are; null where it is not traced'),
    evidence: z
      .unknown()
      .describe(
        'After everything was dropped: which server answered what, by name and by nonce, and when. After an adoption: its ids before and after. Else null',
      ),
    requestedAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    run: z.object({
      workflowId: z.string(),
      runId: z.string().nullable(),
      url: z.string().nullable().describe('The run in the Temporal UI'),
    }),
  })
  .meta({ id: 'Operation' });

/** The names of the tenant's resources, by their columns. */
const resourceNames = Object.fromEntries(BACKEND_KINDS.map((kind) => [BACKENDS[kind].nameColumn, z.string()])) as {
  [Column in keyof TenantNames]: z.ZodString;
};

export const tenantSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    status: z.enum(TENANT_STATUSES),
    ...resourceNames,
    createdAt: time,
    updatedAt: time,
    goneAt: time.nullable().describe('When all of it was seen absent; its name is free since then'),
    purgeAt: time.nullable().describe('When its data is dropped for good; set while it is soft-deleted'),
    blueprintVersion: z
      .number()
      .int()
      .nullable()
      .describe('The last version of the blueprint of which it has all; null: none'),
    ...identitySchema,
    operation: operationSchema.nullable().describe('The last operation, adoptions aside'),
    interrupted: operationSchema
      .nullable()
      .describe('The operation that a forced deletion has interrupted and waits for: it is rolled back first'),
  })
  .meta({ id: 'Tenant', examples: [EXAMPLES.tenant] });

export const connectionSchema = z
  .object({
    service: z.enum(CONNECTION_SERVICES),
    dbName: z.string(),
    host: z.string().nullable(),
    port: z.number().int().nullable(),
    username: z.string().nullable(),
    secretRef: z.string().nullable().describe('A reference, never the secret'),
    options: z.unknown(),
  })
  .meta({ id: 'Connection' });

export const tenantDetailSchema = tenantSchema
  .extend({
    connections: z.array(connectionSchema),
    adoptions: z.array(operationSchema).describe('The last adoption of each resource'),
    credentials: z
      .array(
        z.object({
          backend: z.enum(BACKEND_KINDS),
          version: z.number().int().describe('That of the credential that is handed out; each rotation counts one on'),
          rotatedAt: time.nullable().describe('Since when; null for the first one'),
          previousValidUntil: time.nullable().describe('Until when the one before works as well; null where none does'),
        }),
      )
      .describe('The credentials of the tenant, without any secret'),
  })
  .meta({ id: 'TenantDetail', examples: [EXAMPLES.tenantDetail] });

export type TenantBody = z.output<typeof tenantSchema>;
export type TenantDetailBody = z.output<typeof tenantDetailSchema>;
export type OperationBody = z.output<typeof operationSchema>;
export type CreateTenantBody = z.output<typeof createTenantBody>;
export type RotateBody = NonNullable<z.input<typeof rotateBody>>;
