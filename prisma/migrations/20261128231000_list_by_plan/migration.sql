-- The list of tenants of a plan, newest first: of those that live, and of all.
CREATE INDEX "Tenant_live_plan_idx" ON "Tenant"("plan", "createdAt", "id") WHERE "goneAt" IS NULL AND "plan" IS NOT NULL;
CREATE INDEX "Tenant_plan_idx" ON "Tenant"("plan", "createdAt", "id") WHERE "plan" IS NOT NULL;
