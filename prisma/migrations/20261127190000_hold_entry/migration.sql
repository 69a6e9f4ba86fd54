-- Locks a row of the ledger, then tells whether this very hold of the advisory lock goes on: by the session that took it (its process may
-- be another's by now), and by the hold's own number (the session may hold the same lock for a successor by now). A successor, whose
-- first writing waits for the row, always writes last. So a write needs no second look by the process that sent it, and is one statement.
CREATE FUNCTION "hold_entry"(
  p_entry uuid, p_key text, p_pid integer, p_session_class bigint, p_session bigint, p_hold_class bigint, p_hold bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM "TenantResource" WHERE id = p_entry FOR UPDATE;
  RETURN (
    SELECT count(*) = 3 FROM pg_locks
     WHERE locktype = 'advisory' AND granted AND pid = p_pid
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND CASE objsubid
             WHEN 1 THEN (classid::bigint << 32 | objid::bigint) = hashtextextended(p_key, 0)
             ELSE classid::bigint = p_session_class AND objid::bigint = p_session
               OR classid::bigint = p_hold_class AND objid::bigint = p_hold
           END);
END
$$;
