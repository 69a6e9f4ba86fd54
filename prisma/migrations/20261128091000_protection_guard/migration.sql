-- No deletion begins on what is protected or on hold, whoever begins it: a worker of a build that knows neither, such as the version before while
-- both run side by side, would drop all data of a tenant that somebody was promised would be kept. It repeats the step until one that knows refuses.
-- By the row as it was, under the lock that the change itself takes; what has begun goes on.
CREATE FUNCTION "keep_protected"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD."deletionProtected" OR OLD."holdUntil" > clock_timestamp() THEN
    RAISE EXCEPTION 'tenant % is protected from deletion, or on hold: its deletion does not begin', OLD."name"
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "Tenant_keep_protected" BEFORE UPDATE ON "Tenant"
  FOR EACH ROW WHEN (NEW."status" = 'deleting' AND OLD."status" <> 'deleting') EXECUTE FUNCTION "keep_protected"();
