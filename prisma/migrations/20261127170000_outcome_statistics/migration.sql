-- What was rolled back names the step it was rolled back at, and is gone: taken for independent, both together seem so rare that the planner
-- reads and sorts all of them for one page, instead of the page alone by its index.
CREATE STATISTICS "Tenant_outcome_stat" (mcv) ON "status", "outcome", "outcomeStep" FROM "Tenant";
ANALYZE "Tenant";
