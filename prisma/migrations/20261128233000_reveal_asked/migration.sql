-- As was_reveal_begun, and of this backend (`all`: of all of them): whoever reaches Temporal could say again what somebody has just asked, with another backend.
-- A function of its own: the worker of the release before calls the other one.
CREATE FUNCTION "was_reveal_asked"(p_request_id text, p_tenant_id uuid, p_actor text, p_key text, p_backend text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM "AuditEvent"
                  WHERE "requestId" = p_request_id AND "outcome" = 'begun' AND "action" = 'tenants.reveal' AND "channel" = 'api'
                    AND "actor" = p_actor AND "tenantId" = p_tenant_id AND "detail"->>'key' = p_key
                    AND coalesce("detail"->>'backend', p_backend) = p_backend
                    AND "at" > clock_timestamp() - interval '1 minute')
$$;
REVOKE ALL ON FUNCTION "was_reveal_asked"(text, uuid, text, text, text) FROM PUBLIC;
