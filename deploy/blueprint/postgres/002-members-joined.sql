-- freeflow: no transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS members_joined_at ON app.members ("joinedAt");
