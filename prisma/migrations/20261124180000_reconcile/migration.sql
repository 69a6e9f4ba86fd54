-- Reconciling: which installation this is, what was found last, and which orphans were dropped by whom.

CREATE TABLE "Installation" (
    "id" UUID NOT NULL,
    CONSTRAINT "Installation_pkey" PRIMARY KEY ("id")
);
-- One row, ever: new nonces begin like it, so another one would make strangers of what was made before.
CREATE UNIQUE INDEX "Installation_single_key" ON "Installation"((true));
INSERT INTO "Installation" ("id") VALUES (gen_random_uuid());

CREATE TABLE "ReconcileReport" (
    "id" UUID NOT NULL,
    "requestedBy" TEXT NOT NULL,
    "fix" BOOLEAN NOT NULL,
    "counts" JSONB NOT NULL,
    "findings" JSONB NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "ReconcileReport_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "ReconcileReport_endedAt_idx" ON "ReconcileReport"("endedAt");

CREATE TABLE "OrphanDrop" (
    "id" UUID NOT NULL,
    "resource" "BackendKind" NOT NULL,
    "name" TEXT NOT NULL,
    "externalId" TEXT NOT NULL,
    "nonce" UUID,
    "state" TEXT NOT NULL DEFAULT 'running',
    "cause" TEXT,
    "evidence" JSONB,
    "requestedBy" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "endedAt" TIMESTAMPTZ(3),
    CONSTRAINT "OrphanDrop_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "OrphanDrop_state_check" CHECK ("state" IN ('running', 'done', 'refused', 'failed'))
);
