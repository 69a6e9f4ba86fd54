import {
  createdWebhookSchema,
  deliveryPage,
  deliverySchema,
  redeliveredSchema,
  webhookList,
  webhookSchema,
  type DeliveryBody,
  type RedeliveredBody,
  type RotateSecretBody,
  type UpdateWebhookBody,
} from '@freeflow/contract/http';
import type { createWebhookBody } from '@freeflow/contract/http';
import { queryOptions } from '@tanstack/react-query';
import { z } from 'zod';
import type { Api, Call } from './client';
import { KEYS } from './keys';

/** No event tells how deliveries go, so what is on its way is looked at often, and all else now and then. */
const MOVING_MS = 2_000;
const QUIET_MS = 5_000;

export const webhooksQuery = (api: Api) =>
  queryOptions({
    queryKey: KEYS.webhooks,
    queryFn: ({ signal }) => api.call(webhookList, { path: '/webhooks', signal }),
    refetchInterval: QUIET_MS,
  });

export const webhookQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: KEYS.webhook(id),
    queryFn: ({ signal }) => api.call(webhookSchema, { path: pathOf(id), signal }),
    refetchInterval: QUIET_MS,
  });

/** One page of what was sent to a webhook, or is to be. */
export const deliveriesQuery = (api: Api, id: string, query: NonNullable<Call['query']>) =>
  queryOptions({
    queryKey: KEYS.deliveries(id, query),
    queryFn: ({ signal }) => api.call(deliveryPage, { path: `${pathOf(id)}/deliveries`, query, signal }),
    refetchInterval: ({ state }) => (state.data?.items.some(isMoving) ? MOVING_MS : QUIET_MS),
  });

const isMoving = ({ state }: DeliveryBody): boolean => state === 'waiting' || state === 'sending';

/** A new webhook, as the API takes it. */
export type NewWebhook = z.input<typeof createWebhookBody>;

/** What can be asked of webhooks. */
export const createWebhook = (api: Api, { body, key }: { body: NewWebhook; key: string }) =>
  api.call(createdWebhookSchema, { method: 'POST', path: '/webhooks', body, key });

export const updateWebhook = (api: Api, { id, ...body }: UpdateWebhookBody & { id: string }) =>
  api.call(webhookSchema, { method: 'PATCH', path: pathOf(id), body });

export const rotateSecret = (
  api: Api,
  { id, body, key }: { id: string; body: NonNullable<RotateSecretBody>; key: string },
) => api.call(createdWebhookSchema, { method: 'POST', path: `${pathOf(id)}/rotate-secret`, body, key });

export const deleteWebhook = (api: Api, id: string) => api.call(z.null(), { method: 'DELETE', path: pathOf(id) });

export const pingWebhook = (api: Api, id: string) =>
  api.call(deliverySchema, { method: 'POST', path: `${pathOf(id)}/ping` });

/**
 * All that have failed until now, and at once what is tried again later: a thousand a request.
 * What fails anew meanwhile is left alone, or a receiver that is down would have it go on for ever.
 * @param signal ends it between two requests
 */
export async function* redeliverAll(api: Api, id: string, signal: AbortSignal): AsyncGenerator<RedeliveredBody> {
  for (let body = {}; !signal.aborted;) {
    const call = { method: 'POST', path: `${pathOf(id)}/redeliver`, body } as const;
    const answer = await api.call(redeliveredSchema, call);
    yield answer;
    if (answer.isComplete) return;
    body = { failedBefore: answer.failedBefore };
  }
}

/** A delivery by its place. */
export interface DeliveryPlace {
  id: string;
  deliveryId: string;
}

export const redeliver = (api: Api, { id, deliveryId }: DeliveryPlace) =>
  api.call(deliverySchema, { method: 'POST', path: `${pathOf(id)}/deliveries/${deliveryId}/redeliver` });

export const giveUp = (api: Api, { id, deliveryId }: DeliveryPlace) =>
  api.call(deliverySchema, { method: 'POST', path: `${pathOf(id)}/deliveries/${deliveryId}/give-up` });

const pathOf = (id: string): string => `/webhooks/${encodeURIComponent(id)}`;
