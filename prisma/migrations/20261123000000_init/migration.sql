-- CreateEnum
CREATE TYPE "TenantStatus" AS ENUM ('provisioning', 'active', 'suspended', 'deleting', 'deleted');

-- CreateEnum
CREATE TYPE "ConnectionService" AS ENUM ('postgres', 'mongodb', 'qdrant');

-- CreateEnum
CREATE TYPE "BackendKind" AS ENUM ('postgres', 'mongodb', 'qdrant', 'keycloak');

-- CreateEnum
CREATE TYPE "OperationKind" AS ENUM ('create', 'suspend', 'resume', 'soft_delete', 'restore', 'hard_delete');

-- CreateEnum
CREATE TYPE "OperationState" AS ENUM ('requested', 'running', 'parked', 'undoing', 'done', 'rolled_back', 'refused', 'incomplete');

-- CreateEnum
CREATE TYPE "ResourceState" AS ENUM ('intended', 'present', 'disabled', 'absent', 'abandoned');

-- CreateTable
CREATE TABLE "Tenant" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "realmName" TEXT NOT NULL,
    "postgresDb" TEXT NOT NULL,
    "mongoDb" TEXT NOT NULL,
    "qdrantCollection" TEXT NOT NULL,
    "status" "TenantStatus" NOT NULL DEFAULT 'provisioning',
    "goneAt" TIMESTAMPTZ(3),
    "purgeAt" TIMESTAMPTZ(3),
    "holdUntil" TIMESTAMPTZ(3),
    "logSeq" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Tenant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TenantProvisionLog" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "operationId" UUID,
    "step" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "message" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "durationMs" INTEGER,
    "seq" INTEGER NOT NULL,
    "activityKey" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TenantProvisionLog_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TenantConnection" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "service" "ConnectionService" NOT NULL,
    "dbName" TEXT NOT NULL,
    "host" TEXT,
    "port" INTEGER,
    "username" TEXT,
    "secretRef" TEXT,
    "options" JSONB,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TenantConnection_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TenantOperation" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "kind" "OperationKind" NOT NULL,
    "state" "OperationState" NOT NULL DEFAULT 'requested',
    "step" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "cause" TEXT,
    "advice" TEXT,
    "force" BOOLEAN NOT NULL DEFAULT false,
    "requestedBy" TEXT NOT NULL,
    "idempotencyKey" TEXT,
    "bodyHash" TEXT,
    "runId" TEXT,
    "runs" INTEGER NOT NULL DEFAULT 0,
    "lastRunAt" TIMESTAMPTZ(3),
    "startedAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TenantOperation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TenantResource" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "kind" "BackendKind" NOT NULL,
    "name" TEXT NOT NULL,
    "state" "ResourceState" NOT NULL DEFAULT 'intended',
    "nonce" UUID NOT NULL,
    "externalId" TEXT,
    "serverId" TEXT,
    "secretRef" TEXT,
    "callStartedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TenantResource_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TenantSecret" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "backend" "BackendKind" NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "keyId" TEXT NOT NULL,
    "wrappedKey" BYTEA NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TenantSecret_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Tenant_createdAt_id_idx" ON "Tenant"("createdAt", "id");

-- CreateIndex
CREATE INDEX "TenantProvisionLog_activityKey_idx" ON "TenantProvisionLog"("activityKey");

-- CreateIndex
CREATE INDEX "TenantProvisionLog_operationId_step_idx" ON "TenantProvisionLog"("operationId", "step");

-- CreateIndex
CREATE UNIQUE INDEX "TenantProvisionLog_tenantId_seq_key" ON "TenantProvisionLog"("tenantId", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "TenantConnection_tenantId_service_key" ON "TenantConnection"("tenantId", "service");

-- CreateIndex
CREATE INDEX "TenantOperation_tenantId_createdAt_idx" ON "TenantOperation"("tenantId", "createdAt");

-- CreateIndex
CREATE INDEX "TenantOperation_state_createdAt_idx" ON "TenantOperation"("state", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "TenantOperation_requestedBy_idempotencyKey_key" ON "TenantOperation"("requestedBy", "idempotencyKey");

-- CreateIndex
CREATE UNIQUE INDEX "TenantResource_tenantId_kind_key" ON "TenantResource"("tenantId", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "TenantSecret_tenantId_backend_name_version_key" ON "TenantSecret"("tenantId", "backend", "name", "version");

-- AddForeignKey
ALTER TABLE "TenantProvisionLog" ADD CONSTRAINT "TenantProvisionLog_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TenantConnection" ADD CONSTRAINT "TenantConnection_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TenantOperation" ADD CONSTRAINT "TenantOperation_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TenantResource" ADD CONSTRAINT "TenantResource_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TenantSecret" ADD CONSTRAINT "TenantSecret_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What Prisma can't express --------------------------------------------------------------------------------------

-- A name is taken while its tenant lives. The rows of tenants that are gone stay for audit and don't block it.
CREATE UNIQUE INDEX "Tenant_name_live_key" ON "Tenant"("name") WHERE "goneAt" IS NULL;

-- At most one open operation per tenant.
CREATE UNIQUE INDEX "TenantOperation_tenantId_open_key" ON "TenantOperation"("tenantId") WHERE "state" IN ('requested', 'running', 'parked', 'undoing');

-- Names of databases, roles, collections and realms derive from it.
ALTER TABLE "Tenant" ADD CONSTRAINT "Tenant_name_check" CHECK ("name" ~ '^[a-z0-9]{3,30}$');

ALTER TABLE "TenantProvisionLog" ADD CONSTRAINT "TenantProvisionLog_status_check" CHECK ("status" IN ('success', 'error'));
