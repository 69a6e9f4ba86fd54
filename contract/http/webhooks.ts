import { z } from 'zod';
import { EVENT_NAMES } from '../event-types';
import { DELIVERY_STATES, DISABLED_REASONS, WEBHOOK_STATES } from '../webhooks';
import { moment } from './audit';
import { nextCursor, pageCursor, pageLimit } from './paging';
import { plainText, rowId } from './text';
import { WEBHOOK_EXAMPLES } from './webhook-examples';

const time = z.iso.datetime();
const LONGEST_URL = 2_000;

/** 24 to 64 bytes: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const SECRET = /^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const SECRET_FORM = 'must be whsec_ and 24 to 64 bytes in base64';

const eventTypes = z
  .array(z.enum(EVENT_NAMES))
  .max(EVENT_NAMES.length)
  .refine((types) => new Set(types).size === types.length, 'must name each once')
  .describe(
    'Which events it gets, by their names; an empty list: all of them, those of later versions too. Changed, it holds for all that is no delivery yet: of a disabled webhook everything since',
  );

const description = plainText(0, 200).describe('What it is for');

const secret = z
  .string()
  .regex(SECRET, SECRET_FORM)
  .meta({ examples: [WEBHOOK_EXAMPLES.created.secret] });

const url = plainText(1, LONGEST_URL)
  .describe(
    'Where events are sent: https, without user and password, at a public address. Its path and query are shown nowhere',
  )
  .meta({ examples: [WEBHOOK_EXAMPLES.create.url] });

export const createWebhookBody = z
  .strictObject({
    url,
    eventTypes: eventTypes.default([]),
    description: description.optional(),
    secret: secret.optional().describe('What its deliveries are signed by; left out, one is made'),
  })
  .meta({ id: 'CreateWebhook', examples: [WEBHOOK_EXAMPLES.create] });

/** A week, in s. */
const LONGEST_OVERLAP_S = 604_800;

export const updateWebhookBody = z
  .strictObject({
    url: url.optional(),
    eventTypes: eventTypes.optional(),
    description: description.nullable().optional(),
    enabled: z.boolean().optional().describe('true: it goes on from where it stopped; false: it gets nothing any more'),
  })
  .meta({ id: 'UpdateWebhook', examples: [WEBHOOK_EXAMPLES.update] });

export const rotateSecretBody = z
  .strictObject({
    secret: secret.optional().describe('What its deliveries are signed by from now on; left out, one is made'),
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(LONGEST_OVERLAP_S)
      .optional()
      .describe('For so long they are signed by the one before as well; left out, for a day'),
  })
  .nullish()
  .meta({ examples: [WEBHOOK_EXAMPLES.rotate] });

const webhookFields = {
  id: z.uuid(),
  url: z.string().describe('Scheme, host and port: what comes after may be a secret'),
  eventTypes: z.array(z.string()).describe('Empty: all'),
  description: z.string().nullable(),
  state: z.enum(WEBHOOK_STATES),
  disabledAt: time.nullable(),
  disabledReason: z
    .enum(DISABLED_REASONS)
    .nullable()
    .describe('failing: nothing has reached it for as long as a delivery is tried; gone: it has answered 410'),
  failingSince: time.nullable().describe('Since when every attempt has failed; null where the last one has not'),
  undelivered: z
    .number()
    .int()
    .describe(
      'What it is to get and has not got: waiting, under way or tried again, and while it is disabled what has happened since',
    ),
  hasMoreUndelivered: z.boolean().describe('true: there may be more. A thousand of either are looked at'),
  skippedEvents: z
    .number()
    .int()
    .describe('How many events it has missed for good, at most: they were kept no longer before they were to be sent'),
  createdBy: z.string(),
  createdAt: time,
};

export const webhookSchema = z.object(webhookFields).meta({ id: 'Webhook', examples: [WEBHOOK_EXAMPLES.webhook] });

export const createdWebhookSchema = z
  .object({
    ...webhookFields,
    secret: z
      .string()
      .nullable()
      .describe('Shown here and never again. Null where the same request had made it before, and does not name it'),
  })
  .meta({ id: 'CreatedWebhook', examples: [WEBHOOK_EXAMPLES.created] });

export const webhookList = z
  .object({ items: z.array(webhookSchema) })
  .meta({ id: 'WebhookList', examples: [WEBHOOK_EXAMPLES.list] });

export const webhookParams = z.strictObject({ id: rowId() });
export const deliveryParams = z.strictObject({ id: rowId(), deliveryId: rowId() });

const attemptSchema = z.object({
  at: time,
  durationMs: z.number().int(),
  status: z.number().int().nullable().describe('What the receiver answered; null where it did not'),
  cause: z.string().nullable().describe('Why it has failed; null where it has not'),
});

export const deliverySchema = z
  .object({
    id: z.uuid().describe('Its webhook-id: the same however often it is sent'),
    eventId: z.string().nullable().describe('Null for a ping'),
    type: z.string().describe('The name of the event, or webhook.ping'),
    tenantId: z.uuid().nullable(),
    tenantName: z.string().nullable(),
    state: z.enum(DELIVERY_STATES),
    attempts: z.array(attemptSchema).describe('The last ones, oldest first'),
    nextAttemptAt: time.nullable(),
    createdAt: time,
    endedAt: time.nullable(),
    givenUpBy: z.string().nullable().describe('Who has given it up; null where nobody has'),
  })
  .meta({ id: 'WebhookDelivery', examples: [WEBHOOK_EXAMPLES.delivery] });

export const deliveryQuery = z.strictObject({
  state: z.enum(DELIVERY_STATES).optional(),
  limit: pageLimit(50, 200),
  cursor: pageCursor,
});

export const deliveryPage = z
  .object({ items: z.array(deliverySchema), nextCursor })
  .meta({ id: 'DeliveryPage', examples: [WEBHOOK_EXAMPLES.deliveries] });

export const redeliverBody = z
  .strictObject({
    since: moment.optional().describe('Only those of events that are not older'),
    failedBefore: moment
      .optional()
      .describe(
        'Only those that have failed last by then; as the answer to the request before says it. Now when left out',
      ),
  })
  .nullish()
  .meta({ examples: [WEBHOOK_EXAMPLES.redeliver] });

export const redeliveredSchema = z
  .object({
    redelivered: z.number().int(),
    isComplete: z.boolean().describe('false: there are more; send it again, with failedBefore'),
    failedBefore: time.describe('Sent with the next request, so that what fails anew meanwhile is left alone'),
  })
  .meta({ id: 'Redelivered', examples: [WEBHOOK_EXAMPLES.redelivered] });

export type RedeliverBody = z.output<typeof redeliverBody>;
export type RedeliveredBody = z.output<typeof redeliveredSchema>;
export type CreateWebhookBody = z.output<typeof createWebhookBody>;
export type UpdateWebhookBody = z.output<typeof updateWebhookBody>;
export type RotateSecretBody = z.output<typeof rotateSecretBody>;
export type WebhookBody = z.output<typeof webhookSchema>;
export type CreatedWebhookBody = z.output<typeof createdWebhookSchema>;
export type DeliveryBody = z.output<typeof deliverySchema>;
export type DeliveryQuery = z.output<typeof deliveryQuery>;
export type DeliveryAttempt = z.output<typeof attemptSchema>;
