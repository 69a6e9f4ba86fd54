-- By bytes, in whatever order the database sorts text: only so the beginning of a name is a range of the index. One for
-- the tenants that live, beside which those that are gone become many, and one for all.
CREATE INDEX "Tenant_live_name_c_id_idx" ON "Tenant" ("name" COLLATE "C", "id") WHERE "goneAt" IS NULL;
CREATE INDEX "Tenant_name_c_id_idx" ON "Tenant" ("name" COLLATE "C", "id");
