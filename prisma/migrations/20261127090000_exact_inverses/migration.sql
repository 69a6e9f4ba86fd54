-- What a disable takes away is kept for its enable, and when an erasure began.
ALTER TABLE "TenantResource" ADD COLUMN "accessBefore" JSONB, ADD COLUMN "dropStartedAt" TIMESTAMPTZ(3);
