-- What is forgiven stands with each tenant: "FleetUpgrade"."forgiven" counted them, and forgave whoever failed in the place of one that got through.
-- And one whose operation is parked is followed, also after its upgrade has ended.
ALTER TABLE "FleetTenant" ADD COLUMN "isForgiven" BOOLEAN NOT NULL DEFAULT false, ADD COLUMN "isParked" BOOLEAN NOT NULL DEFAULT false;
-- compatible: nothing but what these new columns say of rows that are there
UPDATE "FleetTenant" f SET "isParked" = true FROM "TenantOperation" o WHERE o.id = f."operationId" AND f.state = 'failed' AND o."endedAt" IS NULL;
-- compatible: the same; an upgrade that was resumed has forgiven all that had failed until then
UPDATE "FleetTenant" f SET "isForgiven" = true FROM "FleetUpgrade" u WHERE u.id = f."upgradeId" AND u."endedAt" IS NULL AND f.state = 'failed' AND u.forgiven > 0;
CREATE INDEX "FleetTenant_parked_idx" ON "FleetTenant"("operationId") WHERE "isParked";
-- Whether an operation is of an upgrade of the fleet.
CREATE INDEX "FleetTenant_operationId_idx" ON "FleetTenant"("operationId");
-- An Idempotency-Key may stand for the upgrade of a fleet as well.
-- compatible: what the release before writes is allowed as ever, and keys of upgrades it reads as keys that are taken
ALTER TABLE "OperationAnswer" DROP CONSTRAINT "OperationAnswer_action_check", DROP CONSTRAINT "OperationAnswer_operationId_check";
-- compatible: both constraints allow all that they have allowed
ALTER TABLE "OperationAnswer"
  ADD CONSTRAINT "OperationAnswer_action_check" CHECK ("action" IN ('retry', 'abort', 'skip', 'retry-all', 'fleet.upgrade') OR "action" LIKE 'webhooks.%'),
  ADD CONSTRAINT "OperationAnswer_operationId_check" CHECK (
    ("action" IN ('retry-all', 'fleet.upgrade') OR "action" LIKE 'webhooks.%') = ("operationId" IS NULL) AND ("tenantId" IS NULL) = ("operationId" IS NULL));
