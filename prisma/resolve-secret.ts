import { createSecretStore, type ExpectedOwner, type SecretKeys } from '@freeflow/lib/secrets';
import { VaultKv, type VaultSettings } from '@freeflow/lib/vault';
import { recordAudit } from './audit-event';
import { createMasterClient } from './client';
import type { PrismaClient } from './generated/client';
import { readerHere } from './reader';

/** What {@link resolveSecret} needs besides the reference. */
export interface ResolveSecretOptions {
  /** Whom the reference is followed for, as the application knows it, not as the row with the reference says. */
  readonly owner: ExpectedOwner;
  /**
   * A login that may connect, read TenantSecret (SELECT) and add to AuditEvent (INSERT), and needs nothing else; such
   * as that of the role `freeflow_worker`.
   */
  readonly masterDatabaseUrl: string;
  readonly keys: SecretKeys;
  /** Where a secret that is in a vault is read, by a login that may read it, and nothing else. */
  readonly vault?: VaultSettings;
}

/**
 * Resolves one reference for an application of the platform, over a connection of its own that is closed afterwards.
 * The audit trail has a row of it before anybody sees the secret: what can't be written down isn't shown. Who resolves
 * many keeps a client and uses {@link createSecretStore}, which writes no such row.
 * @throws SecretError as the store's `resolve`
 */
export async function resolveSecret(ref: string, options: ResolveSecretOptions): Promise<string> {
  const db = createMasterClient(options.masterDatabaseUrl, {
    maxConnections: 1,
    applicationName: 'freeflow-resolve-secret',
  });
  const vault = options.vault === undefined ? undefined : new VaultKv(options.vault);
  try {
    const secret = await createSecretStore(db, options.keys, { vault }).resolve(ref, options.owner);
    await recordReading(db, ref, options.owner);
    return secret;
  } finally {
    await Promise.all([db.$disconnect(), vault?.close()]);
  }
}

/** The name of the tenant is filled in by the master database: this login may not read it. */
async function recordReading(db: PrismaClient, ref: string, { tenantId, backend, name }: ExpectedOwner): Promise<void> {
  await recordAudit(db, [
    {
      channel: 'library',
      action: 'secrets.resolve',
      outcome: 'done',
      actor: readerHere(),
      tenantId: tenantId.toLowerCase(),
      detail: { ref, backend, name },
    },
  ]);
}
