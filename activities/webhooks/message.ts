import { cloudEventType, PING } from '@freeflow/contract';
import { viewEvent, type EventRow } from '@freeflow/contract/http';
import { Webhook as Signer } from 'standardwebhooks';

/** What a delivery is of. */
export interface Delivered {
  id: string;
  webhookId: string;
  /** Without its path and query. */
  url: string;
  eventAt: Date;
}

/** The body: the event as a stream tells it, in the structured mode of CloudEvents. */
export const bodyOf = (delivery: Delivered, event: EventRow | null): string =>
  JSON.stringify(event === null ? pingOf(delivery) : viewEvent(event));

const pingOf = ({ id, webhookId, url, eventAt }: Delivered) => ({
  specversion: '1.0',
  id,
  source: `/webhooks/${webhookId}`,
  type: cloudEventType(PING),
  time: eventAt.toISOString(),
  subject: url,
  datacontenttype: 'application/json',
  data: { tenantId: null, tenantName: null, operationId: null, webhookId, url },
});

/**
 * The headers of Standard Webhooks. The id is the same however often it is sent, so that a receiver knows what it has;
 * the time is that of this attempt. While a secret is replaced each signs: a receiver takes what one of them signs.
 */
export const headersOf = (id: string, body: string, secrets: readonly string[], now: Date): Record<string, string> => ({
  'content-type': 'application/cloudevents+json; charset=utf-8',
  'user-agent': 'FreeFlow-Webhooks/1',
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
  'webhook-signature': secrets.map((it) => new Signer(it).sign(id, now, body)).join(' '),
});
