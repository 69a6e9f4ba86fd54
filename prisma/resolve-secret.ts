import { createSecretStore, type ExpectedOwner, type SecretKeys } from '@freeflow/lib/secrets';
import { createMasterClient } from './client';

/** What {@link resolveSecret} needs besides the reference. */
export interface ResolveSecretOptions {
  /** Whom the reference is followed for, as the application knows it, not as the row with the reference says. */
  readonly owner: ExpectedOwner;
  /** A login that may read TenantSecret, such as that of the role `freeflow_worker`. */
  readonly masterDatabaseUrl: string;
  readonly keys: SecretKeys;
}

/**
 * Resolves one reference for an application of the platform, over a connection of its own that is closed afterwards.
 * Who resolves many keeps a client and uses {@link createSecretStore}.
 * @throws SecretError as the store's `resolve`
 */
export async function resolveSecret(ref: string, options: ResolveSecretOptions): Promise<string> {
  const db = createMasterClient(options.masterDatabaseUrl, {
    maxConnections: 1,
    applicationName: 'freeflow-resolve-secret',
  });
  try {
    return await createSecretStore(db, options.keys).resolve(ref, options.owner);
  } finally {
    await db.$disconnect();
  }
}
