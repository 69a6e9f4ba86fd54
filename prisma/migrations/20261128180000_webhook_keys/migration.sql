-- An Idempotency-Key may stand for a change of a webhook as well: its answer is kept, without any secret, for as long as that of an answer to all.
-- compatible: what the release before writes is allowed as ever, and keys of webhooks it reads as keys that are taken
ALTER TABLE "OperationAnswer" DROP CONSTRAINT "OperationAnswer_action_check", DROP CONSTRAINT "OperationAnswer_operationId_check";
-- compatible: both constraints allow all that they have allowed
ALTER TABLE "OperationAnswer"
  ADD CONSTRAINT "OperationAnswer_action_check" CHECK ("action" IN ('retry', 'abort', 'skip', 'retry-all') OR "action" LIKE 'webhooks.%'),
  ADD CONSTRAINT "OperationAnswer_operationId_check" CHECK (
    ("action" = 'retry-all' OR "action" LIKE 'webhooks.%') = ("operationId" IS NULL) AND ("tenantId" IS NULL) = ("operationId" IS NULL));
