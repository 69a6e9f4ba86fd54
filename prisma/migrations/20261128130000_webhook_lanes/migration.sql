-- A delivery is `sending` while an attempt at it is under way, the first and any later one; what is tried again later is a row that has no run.
ALTER TABLE "Webhook" ADD COLUMN "failures" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "probedAt" TIMESTAMPTZ(3);
ALTER TABLE "WebhookDelivery" ADD COLUMN "lastFailedAt" TIMESTAMPTZ(3), ALTER COLUMN "round" SET DEFAULT 0;
UPDATE "WebhookDelivery" SET "checkAt" = NULL WHERE "state" = 'retrying';
ALTER TABLE "WebhookDelivery"
  ADD CONSTRAINT "WebhookDelivery_due_check" CHECK (("state" = 'retrying') = ("nextAttemptAt" IS NOT NULL)),
  ADD CONSTRAINT "WebhookDelivery_run_check" CHECK (("state" = 'sending') = ("checkAt" IS NOT NULL));

-- What may have lost its run, what is under way, and what is tried again next.
DROP INDEX "WebhookDelivery_check_idx";
CREATE INDEX "WebhookDelivery_check_idx" ON "WebhookDelivery"("checkAt") WHERE "state" = 'sending';
CREATE INDEX "WebhookDelivery_sending_idx" ON "WebhookDelivery"("webhookId") WHERE "state" = 'sending';
CREATE INDEX "WebhookDelivery_due_idx" ON "WebhookDelivery"("webhookId", "nextAttemptAt") WHERE "state" = 'retrying';
