import { z } from 'zod';
import { ANSWER_EFFECT_ACTIONS } from '../audit';
import { BACKEND_KINDS } from '../backends';
import { cloudEventType, EVENT_NAMES, type EventName } from '../event-types';
import { OPERATION_KINDS } from '../operations/kinds';
import { ENDED_STATES, TENANT_STATUSES } from '../states';
import { MEASURES } from '../usage';
import { DISABLED_REASONS } from '../webhooks';
import { EXAMPLES } from './examples';
import { parkedStepSchema } from './tenant';

const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>) => Object.keys(table) as [K, ...K[]];

const status = z.enum(TENANT_STATUSES);
const kind = z.enum(OPERATION_KINDS);
const reason = { kind, step: z.string().nullable(), cause: z.string().nullable(), advice: z.string().nullable() };
const undoing = z.boolean().describe('Whether it is on its way back');
const attempt = z.strictObject({
  step: z.string(),
  attempt: z.number().int(),
  durationMs: z.number().int().nullable(),
  message: z.string().nullable(),
  seq: z.number().int().describe('That of its row in the log'),
});

const webhook = { webhookId: z.uuid(), url: z.string().describe('Without its path and query') };

const upgrade = { upgradeId: z.uuid(), version: z.number().int() };
const tenantsCounted = z.number().int();

/** What is told to have changed without its value: `GET /tenants/{id}` has that. */
const UPDATED_FIELDS = [
  'displayName',
  'externalId',
  'labels',
  'plan',
  'deletionProtected',
  'holdUntil',
  'holdReason',
] as const;

/** What each event tells beyond which tenant and which operation. */
export const EVENT_DATA = {
  'tenant.created': z.strictObject({ status }),
  'tenant.status-changed': z.strictObject({ from: status, to: status }),
  'tenant.updated': z.strictObject({ changed: z.array(z.enum(UPDATED_FIELDS)) }),
  'tenant.usage-reached': z.strictObject({
    backend: z.enum(BACKEND_KINDS),
    measure: z.enum(keysOf(MEASURES)),
    percent: z.number().int().describe('Of the limit that is reached: 80, or 100'),
    value: z.number(),
    limit: z.number(),
    plan: z.string().nullable(),
  }),
  'tenant.gone': z.strictObject({}),
  'operation.requested': z.strictObject({
    kind,
    requestedBy: z.string(),
    force: z.boolean(),
    backend: z.enum(BACKEND_KINDS).nullable(),
  }),
  'operation.started': z.strictObject({ kind }),
  'operation.parked': z.strictObject({ kind, undoing, steps: z.array(parkedStepSchema) }),
  'operation.answered': z.strictObject({
    action: z.enum(keysOf(ANSWER_EFFECT_ACTIONS)),
    by: z.string().nullable(),
    steps: z.array(z.string()),
    reason: z.string().nullable(),
  }),
  'operation.unparked': z.strictObject({ kind, undoing }),
  'operation.undoing': z.strictObject(reason),
  'operation.ended': z.strictObject({ ...reason, state: z.enum(ENDED_STATES) }),
  'step.succeeded': attempt,
  'step.failed': attempt,
  'webhook.created': z.strictObject({
    ...webhook,
    eventTypes: z.array(z.string()).describe('Empty: all'),
    by: z.string(),
  }),
  'webhook.disabled': z.strictObject({
    ...webhook,
    reason: z.enum(DISABLED_REASONS),
    by: z.string().nullable().describe('Who has disabled it; null where nobody has'),
  }),
  'webhook.enabled': z.strictObject(webhook),
  'webhook.updated': z.strictObject({ ...webhook, eventTypes: z.array(z.string()).describe('Empty: all') }),
  'webhook.secret-rotated': z.strictObject({
    ...webhook,
    overlapSeconds: z.number().int().describe('For so long the one before signs beside it'),
  }),
  'webhook.deleted': z.strictObject({ ...webhook, by: z.string().nullable() }),
  'webhook.delivery-given-up': z.strictObject({
    ...webhook,
    deliveryId: z.uuid(),
    eventId: z.string().nullable().describe('Of the event that is not delivered; null for a ping'),
    eventType: z.string(),
    by: z.string(),
  }),
  'fleet.upgrade-started': z.strictObject({ ...upgrade, by: z.string(), tenants: tenantsCounted }),
  'fleet.upgrade-paused': z.strictObject({ ...upgrade, reason: z.string().nullable() }),
  'fleet.upgrade-resumed': z.strictObject(upgrade),
  'fleet.upgrade-ended': z.strictObject({
    ...upgrade,
    state: z.enum(['done', 'cancelled']),
    counts: z.strictObject({
      done: tenantsCounted,
      failed: tenantsCounted,
      left: tenantsCounted,
      cancelled: tenantsCounted,
    }),
  }),
} as const satisfies Record<EventName, z.ZodObject>;

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export const cloudEventSchema = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().describe('Rises in the order of what happened; the Last-Event-ID to go on from'),
    source: z.string().describe('The path of the tenant, the webhook or the upgrade of the fleet, in this API'),
    type: z.string().describe(`One of ${EVENT_NAMES.map(cloudEventType).join(', ')}; others may come`),
    time: z.iso.datetime(),
    subject: z.string().describe('The name of the tenant, the URL of the webhook, or fleet'),
    datacontenttype: z.literal('application/json'),
    data: z.looseObject({
      tenantId: z.uuid().nullable().describe('null where it is about a webhook or the fleet'),
      tenantName: z.string().nullable(),
      operationId: z.uuid().nullable(),
    }),
  })
  .meta({ id: 'CloudEvent', examples: [EXAMPLES.cloudEvent] });

/** `id` of bigint: of nineteen digits some are too large. */
const EVENT_ID = /^[0-9]{1,18}$/;

export const eventQuery = z.strictObject({
  from: z
    .enum(['now', 'start'])
    .default('now')
    .describe('Where a stream without Last-Event-ID begins: with what is new, or with the oldest event that is kept'),
});

export const eventHeaders = z.object({
  'last-event-id': z
    .string()
    .regex(EVENT_ID, 'must be the id of an event')
    .optional()
    .describe('The last event that was received: all after it are sent. Comes before `from`'),
});

export type CloudEventBody = z.output<typeof cloudEventSchema>;
export type EventQuery = z.output<typeof eventQuery>;
