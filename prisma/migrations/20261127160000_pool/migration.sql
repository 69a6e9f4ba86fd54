-- Blank resources of no tenant, made ahead where making one is slow. A create claims one: its row goes, and the ledger entry has its nonce.
CREATE TABLE "PooledResource" (
    "id" UUID NOT NULL,
    "kind" "BackendKind" NOT NULL,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'intended',
    "nonce" UUID NOT NULL,
    "serverId" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "callStartedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "PooledResource_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "PooledResource_state_check" CHECK ("state" IN ('intended', 'ready', 'discarded'))
);
CREATE UNIQUE INDEX "PooledResource_nonce_key" ON "PooledResource"("nonce");

-- The name under which a claimed one was made: until it is present it may still have that.
ALTER TABLE "TenantResource" ADD COLUMN "formerName" TEXT;
CREATE INDEX "TenantResource_claimed_idx" ON "TenantResource"("kind", "updatedAt") WHERE "formerName" IS NOT NULL;
