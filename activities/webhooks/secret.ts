import type { PrismaClient } from '@freeflow/db-master';
import { sealingKeyOf, type SecretKeys } from '@freeflow/lib/secrets';

/** Publishes what the API seals by: the newest is used. */
export async function publishSealingKey(db: PrismaClient, keys: SecretKeys): Promise<void> {
  const { id, publicKey } = sealingKeyOf(keys.current);
  await db.$executeRaw`
    INSERT INTO "SealingKey" (id, "publicKey") VALUES (${id}, ${publicKey})
    ON CONFLICT (id) DO UPDATE SET "publishedAt" = clock_timestamp(), "publicKey" = EXCLUDED."publicKey"`;
}
