-- An action may be one actor's alone, or never his: taken for independent, the planner reads all rows of either to find none of both, instead of the
-- page by the index that has both.
CREATE STATISTICS "AuditEvent_actor_action_stat" (mcv) ON "actor", "action" FROM "AuditEvent";
ANALYZE "AuditEvent";
