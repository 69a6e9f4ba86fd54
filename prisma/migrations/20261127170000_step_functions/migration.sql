-- What every step does, each in one round trip. A statement inside a function sees what was committed before that statement,
-- so what follows a lock sees what its former holder has written; one statement of its own would see what was there before it waited.

-- Writes the row of one attempt, under the tenant's row lock: by it the rows of a tenant are numbered by "seq" in the order they
-- become visible, and those of a step by "attempt", over all runs of the operation. Repeated, it changes nothing. An attempt that
-- was recorded as lost already (p_lost_id) has no part in counting those of its activity.
CREATE FUNCTION "append_log"(
  p_id uuid, p_lost_id uuid, p_tenant uuid, p_operation uuid, p_step text, p_status text, p_message text, p_duration_ms integer, p_activity text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  next_seq "Tenant"."logSeq"%TYPE;
BEGIN
  PERFORM 1 FROM "Tenant" WHERE id = p_tenant FOR UPDATE;
  IF EXISTS (SELECT 1 FROM "TenantProvisionLog" WHERE id = p_id) THEN
    RETURN;
  END IF;
  UPDATE "Tenant" SET "logSeq" = "logSeq" + 1 WHERE id = p_tenant RETURNING "logSeq" INTO next_seq;
  INSERT INTO "TenantProvisionLog" (id, "tenantId", "operationId", step, status, message, "durationMs", "activityKey", seq, attempt)
  VALUES (p_id, p_tenant, p_operation, p_step, p_status, p_message, p_duration_ms,
          CASE WHEN p_id = p_lost_id OR NOT EXISTS (SELECT 1 FROM "TenantProvisionLog" WHERE id = p_lost_id) THEN p_activity END, next_seq,
          (SELECT count(*) + 1 FROM "TenantProvisionLog" WHERE "operationId" = p_operation AND step = p_step));
END
$$;

-- Writes the row of an attempt that is done, and takes an earlier failure of its step off the operation.
CREATE FUNCTION "record_success"(
  p_id uuid, p_lost_id uuid, p_tenant uuid, p_operation uuid, p_step text, p_message text, p_duration_ms integer, p_activity text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- In the order in which all others lock the two.
  PERFORM 1 FROM "Tenant" WHERE id = p_tenant FOR UPDATE;
  UPDATE "TenantOperation" SET step = NULL, attempts = 0, cause = NULL, advice = NULL
   WHERE id = p_operation AND step = p_step AND "endedAt" IS NULL;
  PERFORM "append_log"(p_id, p_lost_id, p_tenant, p_operation, p_step, 'success', p_message, p_duration_ms, p_activity);
END
$$;

-- Locks a row of the ledger, then tells whether the session still holds the advisory lock: a successor, whose first writing waits
-- for the row, always writes last. By the very session that took it: its process may be another's by now, which holds the same lock.
-- How a key of 64 bits, or of two numbers, is shown: https://www.postgresql.org/docs/current/view-pg-locks.html
CREATE FUNCTION "lock_entry_while_held"(p_entry uuid, p_key text, p_pid integer, p_class bigint, p_session bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM "TenantResource" WHERE id = p_entry FOR UPDATE;
  RETURN (
    SELECT count(*) = 2 FROM pg_locks
     WHERE locktype = 'advisory' AND granted AND pid = p_pid
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND CASE objsubid
             WHEN 1 THEN (classid::bigint << 32 | objid::bigint) = hashtextextended(p_key, 0)
             ELSE classid::bigint = p_class AND objid::bigint = p_session
           END);
END
$$;
