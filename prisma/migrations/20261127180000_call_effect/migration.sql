-- What the only unanswered call does, where it is one call with one effect and the first of its kind: once that is seen, nothing is outstanding.
ALTER TABLE "TenantResource" ADD COLUMN "callEffect" TEXT,
    ADD CONSTRAINT "TenantResource_callEffect_check" CHECK ("callEffect" IN ('create', 'drop'));
