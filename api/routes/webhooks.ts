import {
  createdWebhookSchema,
  createWebhookBody,
  deliveryPage,
  deliveryParams,
  deliveryQuery,
  deliverySchema,
  idempotencyHeaders,
  noBody,
  redeliverBody,
  redeliveredSchema,
  rotateSecretBody,
  updateWebhookBody,
  webhookList,
  webhookParams,
  webhookSchema,
} from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import { networkPolicy } from '@freeflow/lib/webhooks';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { commonProblems, keyMissing, keyReused, problem, secured, tooLarge } from '../responses';
import { callerOf } from '../tenants/idempotency';
import { deleteWebhook, updateWebhook } from '../webhooks/change';
import { createWebhook } from '../webhooks/create';
import { readDeliveries, readDelivery } from '../webhooks/deliveries';
import { giveUp } from '../webhooks/give-up';
import { ping, redeliver, redeliverAll } from '../webhooks/redeliver';
import { rotateSecret } from '../webhooks/rotate-secret';
import { readWebhook, readWebhooks } from '../webhooks/view';

const noWebhook = { 404: problem('There is no such webhook', 'webhook-unknown') } as const;
const noDelivery = {
  404: problem('There is no such webhook, or no such delivery', 'webhook-unknown', 'delivery-unknown'),
} as const;
const disabled = { 409: problem('The webhook is disabled', 'webhook-disabled') } as const;

/**
 * Receivers of what happens: the same events as the streams, sent to them. In the master database alone, as the workers
 * send.
 */
export const webhookRoutes: FastifyPluginCallbackZod<{ db: PrismaClient; allowedNetworks: string | undefined }> = (
  app,
  { db, allowedNetworks },
  done,
) => {
  const policy = networkPolicy(allowedNetworks);

  app.get(
    '/webhooks',
    {
      schema: {
        ...secured('webhooks', 'webhooks.list'),
        summary: 'List the webhooks',
        response: { 200: webhookList, ...commonProblems },
      },
    },
    async () => ({ items: await readWebhooks(db) }),
  );

  app.post(
    '/webhooks',
    {
      schema: {
        ...secured('webhooks', 'webhooks.create'),
        summary: 'Have events sent to a URL, from now on',
        description:
          'Deliveries are signed by Standard Webhooks; the secret is in this answer and in no other: sent again under the same Idempotency-Key the request is answered with null in its place, unless it names the secret itself. Each body is one CloudEvent 1.0 in JSON.',
        body: createWebhookBody,
        headers: idempotencyHeaders,
        response: {
          201: createdWebhookSchema,
          ...commonProblems,
          409: problem('There are as many webhooks as there may be', 'too-many-webhooks'),
          ...tooLarge,
          ...keyReused,
          ...keyMissing,
        },
      },
    },
    async (request, reply) => {
      const webhook = await createWebhook(db, request.body, policy, callerOf(request));
      return reply
        .code(201)
        .headers({ location: `/webhooks/${webhook.id}`, 'cache-control': 'no-store' })
        .send(webhook);
    },
  );

  app.get(
    '/webhooks/:id',
    {
      schema: {
        ...secured('webhooks', 'webhooks.show'),
        summary: 'Show a webhook',
        params: webhookParams,
        response: { 200: webhookSchema, ...commonProblems, ...noWebhook },
      },
    },
    (request) => readWebhook(db, request.params.id),
  );

  app.patch(
    '/webhooks/:id',
    {
      schema: {
        ...secured('webhooks', 'webhooks.update'),
        summary: 'Change which events a webhook gets, or where, or disable or enable it',
        description:
          'What is left out stays. Enabled again it goes on from where it stopped; skippedEvents rises by the events that were kept no longer. At another URL it goes on as well; what is tried again later goes there when it is due, or by redeliver at once.',
        params: webhookParams,
        body: updateWebhookBody,
        headers: idempotencyHeaders,
        response: { 200: webhookSchema, ...commonProblems, ...noWebhook, ...tooLarge, ...keyReused, ...keyMissing },
      },
    },
    (request) => updateWebhook(db, request.params.id, request.body, policy, callerOf(request)),
  );

  app.post(
    '/webhooks/:id/rotate-secret',
    {
      schema: {
        ...secured('webhooks', 'webhooks.rotate-secret'),
        summary: 'Have deliveries signed by another secret, and for a while by the one before as well',
        description: 'The secret is in this answer and in no other, as when a webhook is made.',
        params: webhookParams,
        body: rotateSecretBody,
        headers: idempotencyHeaders,
        response: {
          200: createdWebhookSchema,
          ...commonProblems,
          ...noWebhook,
          ...tooLarge,
          ...keyReused,
          ...keyMissing,
        },
      },
    },
    async (request, reply) => {
      const webhook = await rotateSecret(db, request.params.id, request.body ?? {}, callerOf(request));
      return reply.header('cache-control', 'no-store').send(webhook);
    },
  );

  app.delete(
    '/webhooks/:id',
    {
      schema: {
        ...secured('webhooks', 'webhooks.delete'),
        summary: 'Remove a webhook with its deliveries',
        params: webhookParams,
        body: noBody,
        headers: idempotencyHeaders,
        response: {
          204: z.null().describe('Removed; nothing more is sent'),
          ...commonProblems,
          ...noWebhook,
          ...keyReused,
        },
      },
    },
    async (request, reply) => {
      await deleteWebhook(db, request.params.id, callerOf(request));
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/webhooks/:id/deliveries',
    {
      schema: {
        ...secured('webhooks', 'webhooks.deliveries'),
        summary: 'Show the deliveries of a webhook, newest first',
        params: webhookParams,
        querystring: deliveryQuery,
        response: { 200: deliveryPage, ...commonProblems, ...noWebhook },
      },
    },
    (request) => readDeliveries(db, request.params.id, request.query),
  );

  app.get(
    '/webhooks/:id/deliveries/:deliveryId',
    {
      schema: {
        ...secured('webhooks', 'webhooks.show-delivery'),
        summary: 'Show a delivery',
        params: deliveryParams,
        response: { 200: deliverySchema, ...commonProblems, ...noDelivery },
      },
    },
    (request) => readDelivery(db, request.params.id, request.params.deliveryId),
  );

  app.post(
    '/webhooks/:id/deliveries/:deliveryId/give-up',
    {
      schema: {
        ...secured('webhooks', 'webhooks.give-up'),
        summary: 'Give up what the receiver will never take, so that the next one of its tenant goes',
        description:
          'Told by the event webhook.delivery-given-up. Redelivered it is on its own, and not with all that have failed.',
        params: deliveryParams,
        body: noBody,
        headers: idempotencyHeaders,
        response: {
          200: deliverySchema.describe('Given up, or so already'),
          ...commonProblems,
          ...noDelivery,
          409: problem('It is being sent, or has arrived', 'delivery-in-progress', 'delivery-arrived'),
          ...keyReused,
        },
      },
    },
    (request) => giveUp(db, request.params, callerOf(request)),
  );

  app.post(
    '/webhooks/:id/deliveries/:deliveryId/redeliver',
    {
      schema: {
        ...secured('webhooks', 'webhooks.redeliver'),
        summary: 'Send an event once more, or at once where it waits for its next attempt',
        params: deliveryParams,
        body: noBody,
        headers: idempotencyHeaders,
        response: {
          202: deliverySchema,
          ...commonProblems,
          ...noDelivery,
          409: problem(
            'The webhook is disabled, or the delivery in progress',
            'webhook-disabled',
            'delivery-in-progress',
          ),
          410: problem('The event is kept no longer', 'delivery-expired'),
          ...keyReused,
        },
      },
    },
    async (request, reply) => reply.code(202).send(await redeliver(db, request.params, callerOf(request))),
  );

  app.post(
    '/webhooks/:id/redeliver',
    {
      schema: {
        ...secured('webhooks', 'webhooks.redeliver-all'),
        summary: 'Send all again that have failed, and at once what waits for its next attempt',
        description:
          'A thousand at most; isComplete tells whether there are more. With failedBefore, as the answer has it, the next request takes those alone that have not failed anew meanwhile.',
        params: webhookParams,
        body: redeliverBody,
        headers: idempotencyHeaders,
        response: { 202: redeliveredSchema, ...commonProblems, ...noWebhook, ...disabled, ...keyReused },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await redeliverAll(db, request.params.id, request.body ?? {}, callerOf(request))),
  );

  app.post(
    '/webhooks/:id/ping',
    {
      schema: {
        ...secured('webhooks', 'webhooks.ping'),
        summary: 'Try the receiver out by an event of its own, sent once',
        params: webhookParams,
        body: noBody,
        headers: idempotencyHeaders,
        response: { 202: deliverySchema, ...commonProblems, ...noWebhook, ...keyReused },
      },
    },
    async (request, reply) => reply.code(202).send(await ping(db, request.params.id, callerOf(request))),
  );
  done();
};
