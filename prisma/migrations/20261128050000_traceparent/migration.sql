-- The trace of the request that an operation is for: https://www.w3.org/TR/trace-context/#traceparent-header
ALTER TABLE "TenantOperation" ADD COLUMN "traceparent" TEXT;
ALTER TABLE "TenantOperation" ADD CONSTRAINT "TenantOperation_traceparent_check"
  CHECK ("traceparent" ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
