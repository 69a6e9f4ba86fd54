-- A secret is here, by its envelope, or else in a vault. Where a copy is in a vault, or may be, is set before anything is written there, and taken away once
-- nothing is left there: whatever dies in between, it is known what has to be destroyed.
-- compatible: the release before writes all three; a row without them comes with SECRETS_STORE=vault alone, which is set once that release is gone
ALTER TABLE "TenantSecret"
  ALTER COLUMN "keyId" DROP NOT NULL, ALTER COLUMN "wrappedKey" DROP NOT NULL, ALTER COLUMN "ciphertext" DROP NOT NULL,
  ADD COLUMN "vaultRef" TEXT,
  ADD CONSTRAINT "TenantSecret_place_check" CHECK (
    ("keyId" IS NULL) = ("wrappedKey" IS NULL) AND ("keyId" IS NULL) = ("ciphertext" IS NULL) AND ("keyId" IS NOT NULL OR "vaultRef" IS NOT NULL));
-- What is left to be moved, or to be sealed by another key.
CREATE INDEX "TenantSecret_keyId_id_idx" ON "TenantSecret"("keyId", "id");
CREATE INDEX "TenantSecret_vaultRef_idx" ON "TenantSecret"("id") WHERE "vaultRef" IS NOT NULL;
