import { randomBytes, randomUUID } from 'node:crypto';
import { readSecretKeys, sealingKeyOf } from '@freeflow/lib/secrets';
import { sealWebhookParts } from '@freeflow/lib/webhooks';
import type { Pool, PoolClient } from 'pg';

type Session = Pool | PoolClient;

/** Lets API and worker send to receivers of the tests. */
export const LOCAL_NETWORKS = { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' } as const;

/** A key that the test's API seals by. */
const KEYS = readSecretKeys(randomBytes(32).toString('base64'));

/** Publishes a key as a worker does. */
export async function publishKey(owner: Session, keys = KEYS): Promise<void> {
  const { id, publicKey } = sealingKeyOf(keys.current);
  await owner.query(`INSERT INTO "SealingKey" (id, "publicKey") VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
    id,
    publicKey,
  ]);
}

interface WebhookOptions {
  eventTypes?: readonly string[];
  secret?: string;
  keys?: typeof KEYS;
}

/** A webhook as the API makes it, by SQL alone. */
export async function insertWebhook(
  owner: Session,
  receiver: string,
  { eventTypes = [], secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', keys = KEYS }: WebhookOptions = {},
): Promise<string> {
  const id = randomUUID();
  const url = new URL(receiver);
  await owner.query(
    `INSERT INTO "Webhook" (id, url, "eventTypes", "createdBy", "cursor") VALUES ($1, $2, $3, 'test', (SELECT coalesce(max(id), 0) FROM "Event"))`,
    [id, url.origin, eventTypes],
  );
  const key = sealingKeyOf(keys.current);
  await owner.query(`INSERT INTO "WebhookSecret" (id, "keyId", sealed) VALUES ($1, $2, $3)`, [
    id,
    key.id,
    sealWebhookParts(key, id, { secret, target: url.pathname + url.search }),
  ]);
  return id;
}

/** A delivery that has ended, of an event of its own. */
export async function insertDelivery(
  owner: Session,
  webhookId: string,
  state: 'delivered' | 'failed',
): Promise<string> {
  const id = randomUUID();
  await owner.query(
    `WITH event AS (INSERT INTO "Event" (type, "tenantId", "tenantName", data) VALUES ('tenant.gone', $3, 'acme', '{}') RETURNING id)
     INSERT INTO "WebhookDelivery" (id, "webhookId", "eventId", type, "eventAt", "tenantId", "tenantName", lane, "isHead", state, "endedAt")
     SELECT $1, $2, event.id, 'tenant.gone', now(), $3, 'acme', $3, false, $4, now() FROM event`,
    [id, webhookId, randomUUID(), state],
  );
  return id;
}

/** So many that have failed, each of another tenant. */
export async function insertFailed(owner: Session, webhookId: string, count: number): Promise<void> {
  await owner.query(
    `WITH event AS (INSERT INTO "Event" (type, "tenantId", "tenantName", data)
       SELECT 'tenant.gone', gen_random_uuid(), 'acme', '{}' FROM generate_series(1, $2::int) RETURNING id, type, "at", "tenantId", "tenantName")
     INSERT INTO "WebhookDelivery" ("webhookId", "eventId", type, "eventAt", "tenantId", "tenantName", lane, "isHead", state, "endedAt", "lastFailedAt")
     SELECT $1, id, type, "at", "tenantId", "tenantName", "tenantId", false, 'failed', now(), now() FROM event`,
    [webhookId, count],
  );
}

export interface ToldTenant {
  id: string;
  name: string;
}

/** A tenant without any operation: nothing is begun with it. */
export async function insertQuietTenant(owner: Session): Promise<ToldTenant> {
  const tenant = { id: randomUUID(), name: `t${randomBytes(6).toString('hex')}` };
  await owner.query(
    `INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status) VALUES ($1, $2, $2, $2, $2, $2, 'active')`,
    [tenant.id, tenant.name],
  );
  return tenant;
}

/** Makes so many events of a tenant, each in a transaction of its own; gives their ids. */
export async function tellOf(owner: Pool, { id }: ToldTenant, count = 1): Promise<string[]> {
  for (let at = 0; at < count; at++)
    await owner.query(`UPDATE "Tenant" SET "displayName" = $2 WHERE id = $1`, [id, randomUUID()]);
  const { rows } = await owner.query<{ id: string }>(
    `SELECT id FROM (SELECT id FROM "Event" WHERE "tenantId" = $1 ORDER BY id DESC LIMIT $2) last ORDER BY id`,
    [id, count],
  );
  return rows.map((it) => it.id);
}

/** As if so much time had passed since the attempts at a webhook. */
export async function passTime(owner: Session, webhookId: string, seconds: number): Promise<void> {
  await owner.query(
    `UPDATE "Webhook" SET "failingSince" = "failingSince" - make_interval(secs => $2), "probedAt" = "probedAt" - make_interval(secs => $2)
      WHERE id = $1`,
    [webhookId, seconds],
  );
  await owner.query(
    `UPDATE "WebhookDelivery"
        SET "firstFailedAt" = "firstFailedAt" - make_interval(secs => $2), "lastFailedAt" = "lastFailedAt" - make_interval(secs => $2),
            "nextAttemptAt" = "nextAttemptAt" - make_interval(secs => $2)
      WHERE "webhookId" = $1`,
    [webhookId, seconds],
  );
}
