-- What has ended goes after a time, with its log: neither table grows for ever.

-- In the order in which it is gone through, from where the last time has stopped: what is kept is passed by, not read again and again.
CREATE INDEX "TenantOperation_ended_idx" ON "TenantOperation"("endedAt", "id") WHERE "endedAt" IS NOT NULL;
-- Whether another one of the same kind and outcome has followed.
CREATE INDEX "TenantOperation_tenantId_kind_state_endedAt_idx" ON "TenantOperation"("tenantId", "kind", "state", "endedAt");
CREATE INDEX "OperationAnswer_operationId_idx" ON "OperationAnswer"("operationId");
CREATE INDEX "OperationAnswer_to_all_idx" ON "OperationAnswer"("createdAt") WHERE "operationId" IS NULL;
-- Whether the audit trail names it.
CREATE INDEX "AuditEvent_operationId_idx" ON "AuditEvent"("operationId") WHERE "operationId" IS NOT NULL;
-- What was done with a tenant outside of any operation.
CREATE INDEX "TenantProvisionLog_of_none_idx" ON "TenantProvisionLog"("tenantId", "createdAt") WHERE "operationId" IS NULL;

-- Goes through operations that have ended, the oldest first, as many as it is told and no more, and deletes of these what nobody needs any more: logs after
-- p_log_days, operations with all that is left of them after p_operation_days; 0: never. It says where it has stopped. Of a tenant on hold it deletes nothing. In
-- the rights of its owner: the worker may delete neither. Not what has ended less than thirty days ago, whatever its caller, who may have been
-- taken over, wants.
--
-- An operation stays while the audit trail names it, and of a living tenant the last one of each kind and outcome stays for good: a restore reads from them what
-- the tenant was and how long its data was granted, lists and pages show them. Those that did nothing ("fromStatus" is null) hide none that did. Of a tenant that
-- is gone its last one stays, and whatever holds the proof that nothing is left.
-- It knows which rows it is about, so it finds them by their indexes, one by one, whatever seems cheaper for tables of today's size; and each time planned for
-- what it is asked, since a plan for any place and number may read a table through.
CREATE FUNCTION "expire_operations"(p_operation_days integer, p_log_days integer, p_after_at timestamptz, p_after_id uuid, p_most integer)
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
  deleted integer;
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
  DELETE FROM "TenantProvisionLog" l USING (SELECT DISTINCT "tenantId" FROM "TenantOperation" WHERE "id" = ANY (free)) o
   WHERE l."tenantId" = o."tenantId" AND l."operationId" IS NULL AND l."createdAt" < logs_before;
  GET DIAGNOSTICS deleted = ROW_COUNT;
  logs := logs + deleted;

  -- The keys of their answers go with them, and those of answers to all: who sends such a request again later makes a new one.
  DELETE FROM "OperationAnswer" WHERE "operationId" = ANY (outdated);
  DELETE FROM "OperationAnswer" WHERE "id" IN (
    SELECT "id" FROM "OperationAnswer" WHERE "operationId" IS NULL AND "createdAt" < operations_before ORDER BY "createdAt" LIMIT p_most);
  DELETE FROM "TenantOperation" WHERE "id" = ANY (outdated);
  GET DIAGNOSTICS operations = ROW_COUNT;
  RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION "expire_operations"(integer, integer, timestamptz, uuid, integer) FROM PUBLIC;

-- So do these, which read all of a table for a batch of it.
ALTER FUNCTION "expire_audit"(integer, integer) SET plan_cache_mode = force_custom_plan;
ALTER FUNCTION "expire_audit"(integer, integer) SET enable_seqscan = off;
ALTER FUNCTION "expire_audit"(integer, integer) SET enable_hashjoin = off;
ALTER FUNCTION "expire_audit"(integer, integer) SET enable_mergejoin = off;
ALTER FUNCTION "expire_events"(integer, integer) SET plan_cache_mode = force_custom_plan;
ALTER FUNCTION "expire_events"(integer, integer) SET enable_seqscan = off;
ALTER FUNCTION "expire_events"(integer, integer) SET enable_hashjoin = off;
ALTER FUNCTION "expire_events"(integer, integer) SET enable_mergejoin = off;
