-- A backend is called a backend everywhere: a resource is what a tenant has there.
ALTER TABLE "TenantOperation" RENAME COLUMN "resource" TO "backend";
ALTER TABLE "OrphanDrop" RENAME COLUMN "resource" TO "backend";

-- What waits is data: [{step, parkId, cause, advice, since}], null while nothing is parked.
ALTER TABLE "TenantOperation" ADD COLUMN "parked" JSONB;
ALTER TABLE "TenantOperation" ADD CONSTRAINT "TenantOperation_parked_is_list" CHECK ("parked" IS NULL OR jsonb_typeof("parked") = 'array');
