-- What was done with a tenant outside of any operation, in the order in which it is gone through, whether or not the tenant has had an operation that ended.
CREATE INDEX "TenantProvisionLog_of_none_at_idx" ON "TenantProvisionLog"("createdAt", "id") WHERE "operationId" IS NULL;
DROP INDEX "TenantProvisionLog_of_none_idx";

-- As before, but for rows of the log that are of no operation: a tenant may have any number, and the same batch of operations would fail for ever.
CREATE OR REPLACE FUNCTION "expire_operations"(p_operation_days integer, p_log_days integer, p_after_at timestamptz, p_after_id uuid, p_most integer)
RETURNS TABLE ("looked" integer, "operations" integer, "logs" integer, "lastAt" timestamptz, "lastId" uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  operations_before timestamptz := clock_timestamp() - make_interval(days => nullif(p_operation_days, 0));
  logs_before timestamptz := clock_timestamp() - make_interval(days => nullif(p_log_days, 0));
  page uuid[];
  free uuid[];
  outdated uuid[];
BEGIN
  IF p_operation_days IS NULL OR p_log_days IS NULL OR (p_operation_days <> 0 AND p_operation_days < 30) OR (p_log_days <> 0 AND p_log_days < 30) THEN
    RAISE EXCEPTION 'operations and their logs are kept for thirty days at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;

  SELECT array_agg(o."id" ORDER BY o."endedAt", o."id"), count(*), max(o."endedAt") INTO page, looked, "lastAt"
    FROM (SELECT "id", "endedAt" FROM "TenantOperation"
           WHERE "endedAt" < greatest(operations_before, logs_before)
             AND ("endedAt", "id") > (coalesce(p_after_at, '-infinity'), coalesce(p_after_id, '00000000-0000-0000-0000-000000000000'))
           ORDER BY "endedAt", "id" LIMIT p_most) o;
  "lastId" := page[looked];

  SELECT coalesce(array_agg(o."id"), '{}') INTO free
    FROM "TenantOperation" o JOIN "Tenant" t ON t."id" = o."tenantId"
   WHERE o."id" = ANY (page) AND (t."holdUntil" IS NULL OR t."holdUntil" <= clock_timestamp());

  SELECT coalesce(array_agg(o."id"), '{}') INTO outdated
    FROM "TenantOperation" o JOIN "Tenant" t ON t."id" = o."tenantId"
   WHERE o."id" = ANY (free) AND o."endedAt" < operations_before
     AND NOT EXISTS (SELECT FROM "AuditEvent" a WHERE a."operationId" = o."id")
     AND CASE WHEN t."goneAt" IS NULL
           THEN EXISTS (
             SELECT FROM "TenantOperation" n
              WHERE n."tenantId" = o."tenantId" AND n."kind" = o."kind" AND n."state" = o."state" AND n."endedAt" >= o."endedAt"
                AND n."backend" IS NOT DISTINCT FROM o."backend" AND (n."fromStatus" IS NULL) = (o."fromStatus" IS NULL)
                AND (n."endedAt", n."createdAt") > (o."endedAt", o."createdAt"))
           ELSE o."kind" = 'adopt' OR o."evidence" IS NULL AND EXISTS (
             SELECT FROM "TenantOperation" n
              WHERE n."tenantId" = o."tenantId" AND n."kind" <> 'adopt' AND (n."endedAt", n."createdAt") > (o."endedAt", o."createdAt"))
         END;

  DELETE FROM "TenantProvisionLog" l USING "TenantOperation" o
   WHERE o."id" = ANY (free) AND (o."endedAt" < logs_before OR o."id" = ANY (outdated)) AND l."operationId" = o."id";
  GET DIAGNOSTICS logs = ROW_COUNT;

  -- The keys of their answers go with them, and those of answers to all: who sends such a request again later makes a new one.
  DELETE FROM "OperationAnswer" WHERE "operationId" = ANY (outdated);
  DELETE FROM "OperationAnswer" WHERE "id" IN (
    SELECT "id" FROM "OperationAnswer" WHERE "operationId" IS NULL AND "createdAt" < operations_before ORDER BY "createdAt" LIMIT p_most);
  DELETE FROM "TenantOperation" WHERE "id" = ANY (outdated);
  GET DIAGNOSTICS operations = ROW_COUNT;
  RETURN NEXT;
END
$$;

-- Goes through rows of the log that are of no operation, the oldest first, as many as it is told and no more, and deletes those of tenants that are not on hold. In
-- the rights of its owner; none that is younger than thirty days, whatever its caller wants.
CREATE FUNCTION "expire_tenant_logs"(p_log_days integer, p_after_at timestamptz, p_after_id uuid, p_most integer)
RETURNS TABLE ("looked" integer, "operations" integer, "logs" integer, "lastAt" timestamptz, "lastId" uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  logs_before timestamptz := clock_timestamp() - make_interval(days => nullif(p_log_days, 0));
  page uuid[];
BEGIN
  IF p_log_days IS NULL OR (p_log_days <> 0 AND p_log_days < 30) THEN
    RAISE EXCEPTION 'logs are kept for thirty days at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT array_agg(l."id" ORDER BY l."createdAt", l."id"), count(*), max(l."createdAt") INTO page, looked, "lastAt"
    FROM (SELECT "id", "createdAt" FROM "TenantProvisionLog"
           WHERE "operationId" IS NULL AND "createdAt" < logs_before
             AND ("createdAt", "id") > (coalesce(p_after_at, '-infinity'), coalesce(p_after_id, '00000000-0000-0000-0000-000000000000'))
           ORDER BY "createdAt", "id" LIMIT p_most) l;
  "lastId" := page[looked];
  operations := 0;
  DELETE FROM "TenantProvisionLog" l USING "Tenant" t
   WHERE l."id" = ANY (page) AND t."id" = l."tenantId" AND (t."holdUntil" IS NULL OR t."holdUntil" <= clock_timestamp());
  GET DIAGNOSTICS logs = ROW_COUNT;
  RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION "expire_tenant_logs"(integer, timestamptz, uuid, integer) FROM PUBLIC;
