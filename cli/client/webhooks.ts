import type { DeliveryState } from '@freeflow/contract';
import {
  createdWebhookSchema,
  deliveryPage,
  deliverySchema,
  redeliveredSchema,
  webhookList,
  webhookSchema,
  type CreatedWebhookBody,
  type DeliveryBody,
  type RedeliverBody,
  type RedeliveredBody,
  type WebhookBody,
} from '@freeflow/contract/http';
import { z } from 'zod';
import type { Call } from './http';

const MOST_A_PAGE = 200;

/** What is left out stays. */
interface WebhookChange {
  url?: string;
  enabled?: boolean;
  eventTypes?: string[];
  description?: string | null;
}

/** The API's webhooks. */
export function webhooksOf(call: Call) {
  return {
    list: async (): Promise<WebhookBody[]> => (await call(webhookList, 'GET', '/webhooks')).items,
    create: (body: {
      url: string;
      eventTypes?: string[];
      description?: string;
      secret?: string;
    }): Promise<CreatedWebhookBody> => call(createdWebhookSchema, 'POST', '/webhooks', body),
    show: (id: string): Promise<WebhookBody> => call(webhookSchema, 'GET', pathOf(id)),
    update: (id: string, body: WebhookChange): Promise<WebhookBody> => call(webhookSchema, 'PATCH', pathOf(id), body),
    rotateSecret: (id: string, body: { secret: string; overlapSeconds?: number }): Promise<CreatedWebhookBody> =>
      call(createdWebhookSchema, 'POST', `${pathOf(id)}/rotate-secret`, body),
    delete: (id: string): Promise<undefined> => call(z.undefined(), 'DELETE', pathOf(id)),
    ping: (id: string): Promise<DeliveryBody> => call(deliverySchema, 'POST', `${pathOf(id)}/ping`),
    delivery: (id: string, deliveryId: string): Promise<DeliveryBody> =>
      call(deliverySchema, 'GET', pathOfDelivery(id, deliveryId)),
    giveUp: (id: string, deliveryId: string): Promise<DeliveryBody> =>
      call(deliverySchema, 'POST', `${pathOfDelivery(id, deliveryId)}/give-up`),
    redeliver: (id: string, deliveryId: string): Promise<DeliveryBody> =>
      call(deliverySchema, 'POST', `${pathOfDelivery(id, deliveryId)}/redeliver`),
    redeliverAll: (id: string, body: NonNullable<RedeliverBody>): Promise<RedeliveredBody> =>
      call(redeliveredSchema, 'POST', `${pathOf(id)}/redeliver`, body),
    deliveries: (id: string, filter: { state?: DeliveryState }, most: number) => deliveriesOf(call, id, filter, most),
  };
}

const pathOf = (id: string): string => `/webhooks/${encodeURIComponent(id)}`;
const pathOfDelivery = (id: string, deliveryId: string): string =>
  `${pathOf(id)}/deliveries/${encodeURIComponent(deliveryId)}`;

/** Newest first, up to `most`; and whether these are all. */
async function deliveriesOf(
  call: Call,
  id: string,
  filter: { state?: DeliveryState },
  most: number,
): Promise<{ items: DeliveryBody[]; isComplete: boolean }> {
  const items: DeliveryBody[] = [];
  for (let cursor: string | undefined; ;) {
    const limit = String(Math.min(MOST_A_PAGE, most - items.length));
    const query = new URLSearchParams({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) });
    const page = await call(deliveryPage, 'GET', `${pathOf(id)}/deliveries?${query.toString()}`);
    items.push(...page.items);
    if (page.nextCursor === null || items.length >= most) return { items, isComplete: page.nextCursor === null };
    cursor = page.nextCursor;
  }
}
