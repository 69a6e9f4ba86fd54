-- Deliveries of one hand-out are made in the same millisecond: of these the newest is that of the newest event, not that of the greatest of random ids.
DROP INDEX "WebhookDelivery_webhookId_createdAt_id_idx", "WebhookDelivery_webhookId_state_createdAt_id_idx";
CREATE INDEX "WebhookDelivery_page_idx" ON "WebhookDelivery"("webhookId", "createdAt", (coalesce("eventId", 0)), "id");
CREATE INDEX "WebhookDelivery_state_page_idx" ON "WebhookDelivery"("webhookId", "state", "createdAt", (coalesce("eventId", 0)), "id");
