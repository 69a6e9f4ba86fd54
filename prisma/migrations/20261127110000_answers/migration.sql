-- Answers given under an Idempotency-Key, and what the on-call list reads.

-- One row when a key is bound to an answer, before it is given; another once it was given. Written by the API, never changed.
CREATE TABLE "OperationAnswer" (
    "id" UUID NOT NULL,
    "principal" TEXT NOT NULL,
    "idempotencyKey" TEXT NOT NULL,
    "bodyHash" TEXT NOT NULL,
    "tenantId" UUID,
    "operationId" UUID,
    "action" TEXT NOT NULL,
    "step" TEXT,
    "state" TEXT NOT NULL,
    "result" JSONB,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "OperationAnswer_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "OperationAnswer_state_check" CHECK ("state" IN ('bound', 'given')),
    CONSTRAINT "OperationAnswer_action_check" CHECK ("action" IN ('retry', 'abort', 'skip', 'retry-all')),
    CONSTRAINT "OperationAnswer_operationId_check" CHECK (("action" = 'retry-all') = ("operationId" IS NULL) AND ("tenantId" IS NULL) = ("operationId" IS NULL))
);
CREATE UNIQUE INDEX "OperationAnswer_principal_idempotencyKey_state_key" ON "OperationAnswer"("principal", "idempotencyKey", "state");
ALTER TABLE "OperationAnswer" ADD CONSTRAINT "OperationAnswer_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Open operations that have not changed for longest: few among all there ever were.
CREATE INDEX "TenantOperation_open_updatedAt_idx" ON "TenantOperation"("updatedAt") WHERE "endedAt" IS NULL;
