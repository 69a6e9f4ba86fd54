-- A backend is called a backend everywhere: a resource is what a tenant has there.
ALTER TABLE "TenantOperation" RENAME COLUMN "resource" TO "backend";
ALTER TABLE "OrphanDrop" RENAME COLUMN "resource" TO "backend";

-- What waits is data: [{step, parkId, cause, advice, since}], null while nothing is parked.
ALTER TABLE "TenantOperation" ADD COLUMN "parked" JSONB;
ALTER TABLE "TenantOperation" ADD CONSTRAINT "TenantOperation_parked_is_list" CHECK ("parked" IS NULL OR jsonb_typeof("parked") = 'array');

-- Reports that are kept call it so too, and what is parked now is data at once; its run gives it a park of its own when it begins anew.
UPDATE "ReconcileReport" SET "findings" = (
  SELECT jsonb_agg((finding - 'resource') || jsonb_build_object('backend', finding -> 'resource') ORDER BY place)
    FROM jsonb_array_elements("findings") WITH ORDINALITY AS found(finding, place))
 WHERE jsonb_typeof("findings") = 'array' AND jsonb_array_length("findings") > 0;
UPDATE "TenantOperation" SET "parked" = jsonb_build_array(jsonb_build_object(
    'step', "step", 'parkId', 1, 'cause', coalesce("cause", ''), 'advice', coalesce("advice", ''),
    'since', to_char("updatedAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
 WHERE "state" = 'parked' AND "step" IS NOT NULL AND "endedAt" IS NULL;
