-- The worker's housekeeping in portions, by indexes: what grows with the years isn't read through each time.

-- When a sweep looks at an open operation next; null: none has looked yet.
ALTER TABLE "TenantOperation" ADD COLUMN "sweepAt" TIMESTAMPTZ(3);

-- The queue of the sweeps: what none has looked at yet, oldest first, then what was looked at longest ago.
CREATE INDEX "TenantOperation_sweep_idx" ON "TenantOperation"("sweepAt" NULLS FIRST, "createdAt", "id") WHERE "endedAt" IS NULL;

-- The order in which the reconciler goes through what stands at the servers, and how it finds the row of what it has seen there.
CREATE INDEX "TenantResource_standing_idx" ON "TenantResource"("kind", "id") WHERE "state" IN ('present', 'disabled');
CREATE INDEX "TenantResource_nonce_idx" ON "TenantResource"("nonce");

-- Those that are gone, whose names are looked for a portion at a time.
CREATE INDEX "Tenant_goneAt_id_idx" ON "Tenant"("goneAt", "id");

-- Where a reconciliation whose time was over has stopped: the next one goes on there.
ALTER TABLE "ReconcileReport" ADD COLUMN "goesOnAt" JSONB NOT NULL DEFAULT '{}';
