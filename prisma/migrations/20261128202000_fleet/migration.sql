-- The upgrade of many tenants.
CREATE TABLE "FleetUpgrade" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "version" INTEGER NOT NULL,
  "canary" INTEGER NOT NULL,
  "concurrency" INTEGER NOT NULL,
  "pauseOnFailures" INTEGER NOT NULL,
  "labels" JSONB NOT NULL DEFAULT '{}',
  "state" TEXT NOT NULL DEFAULT 'running' CONSTRAINT "FleetUpgrade_state_check" CHECK ("state" IN ('running', 'paused', 'cancelled', 'done')),
  "reason" TEXT,
  "forgiven" INTEGER NOT NULL DEFAULT 0,
  "requestedBy" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  "endedAt" TIMESTAMPTZ(3),
  CONSTRAINT "FleetUpgrade_pkey" PRIMARY KEY ("id")
);
-- Two would wait for each other's tenants.
CREATE UNIQUE INDEX "FleetUpgrade_open_key" ON "FleetUpgrade"((true)) WHERE "endedAt" IS NULL;

CREATE TABLE "FleetTenant" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "upgradeId" UUID NOT NULL,
  "tenantId" UUID NOT NULL,
  "tenantName" TEXT NOT NULL,
  "position" INTEGER NOT NULL,
  "isCanary" BOOLEAN NOT NULL DEFAULT false,
  "state" TEXT NOT NULL DEFAULT 'waiting'
    CONSTRAINT "FleetTenant_state_check" CHECK ("state" IN ('waiting', 'running', 'done', 'failed', 'left', 'cancelled')),
  "putOff" INTEGER NOT NULL DEFAULT 0,
  "notBefore" TIMESTAMPTZ(3),
  "operationId" UUID,
  "cause" TEXT,
  "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "FleetTenant_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "FleetTenant_upgradeId_fkey" FOREIGN KEY ("upgradeId") REFERENCES "FleetUpgrade"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "FleetTenant_upgradeId_tenantId_key" ON "FleetTenant"("upgradeId", "tenantId");
CREATE INDEX "FleetTenant_upgradeId_state_position_idx" ON "FleetTenant"("upgradeId", "state", "position");
