import { randomBytes } from 'node:crypto';
import type { DeliveryInput, DeliveryProgress } from '@freeflow/contract';
import { readSecretKeys, type SecretKeys } from '@freeflow/lib/secrets';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Pool } from 'pg';
import { handOut } from '../../activities/webhooks/hand-out';
import { openActivityHarness, type ActivityHarness } from './activity-harness';
import { openMaster, type Master } from './master';
import { openReceiver, type Receiver } from './receiver';
import { insertWebhook, LOCAL_NETWORKS } from './webhooks';

/** Webhooks on the real servers and a receiver, handed out and sent one by one, without any workflow. */
export interface WebhookBench {
  keys: SecretKeys;
  master: Master;
  harness: ActivityHarness;
  /** The owner of the master database. */
  owner: Pool;
  receiver: Receiver;
  /** A webhook at the receiver; its id. */
  webhook(): Promise<string>;
  begin(webhookId: string): Promise<DeliveryInput[]>;
  /** @param told what an earlier try of the activity has told Temporal last; what this one tells is added */
  attempt(delivery: DeliveryInput, told?: unknown[]): Promise<DeliveryProgress>;
  /** Removes the webhooks, and what has arrived. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** @param pausesMs between the attempts, as `WEBHOOK_RETRY_PAUSES_MS` has them */
export async function openWebhookBench(pausesMs: string): Promise<WebhookBench> {
  const secretsKey = randomBytes(32).toString('base64');
  const keys = readSecretKeys(secretsKey);
  const master = await openMaster();
  const harness = await openActivityHarness(
    { SECRETS_KEY: secretsKey, ...LOCAL_NETWORKS, WEBHOOK_RETRY_PAUSES_MS: pausesMs },
    master,
  );
  const owner = new Pool({ connectionString: master.ownerUrl, max: 8 });
  owner.on('error', () => undefined);
  const receiver = await openReceiver();
  return {
    keys,
    master,
    harness,
    owner,
    receiver,
    webhook: () => insertWebhook(owner, receiver.url, { keys }),
    begin: async (id) => (await handOut(harness.db, id)).begun,
    attempt: (delivery, told = []) => {
      const environment = new MockActivityEnvironment(
        { heartbeatDetails: told.at(-1) },
        { logger: new DefaultLogger('ERROR') },
      );
      environment.on('heartbeat', (details) => told.push(details));
      return environment.run(() => harness.activities.attemptDelivery(delivery)) as Promise<DeliveryProgress>;
    },
    clear: async () => {
      receiver.received.length = 0;
      receiver.taken().length = 0;
      receiver.answer(() => 204);
      await owner.query('DELETE FROM "Webhook"');
    },
    close: async () => {
      await receiver.close();
      await owner.end();
      await harness.close();
      await master.drop();
    },
  };
}
