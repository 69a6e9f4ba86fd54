import {
  SecretError,
  openSecret,
  sealSecret,
  type SecretKeys,
  formatSecretRef,
  parseSecretRef,
} from '@freeflow/lib/secrets';
import { createMasterClient } from './client';
import type { BackendKind, Prisma, PrismaClient } from './generated/client';

/** Whose secret, for which backend, and what it is called there. */
export interface SecretOwner {
  readonly tenantId: string;
  readonly backend: BackendKind;
  readonly name: string;
}

/** Whom a reference is followed for. Without a name: any secret of that tenant at that backend. */
export type ExpectedOwner = Omit<SecretOwner, 'name'> & Partial<Pick<SecretOwner, 'name'>>;

/** Which secret a reference stands for. */
export interface SecretEntry {
  readonly backend: BackendKind;
  readonly name: string;
  readonly ref: string;
}

/** A secret that is stored: pass the reference on, use the value at once and forget it. */
export interface StoredSecret {
  readonly ref: string;
  readonly value: string;
}

/** The `db://` store: secrets of tenants, encrypted in the master database. */
export interface SecretStore {
  /**
   * Stores a value unless one is stored already. The stored value wins, also when two race: use the returned one.
   * @throws SecretError `secret-key-unknown` | `secret-unreadable` when a value stored earlier doesn't open
   */
  keep(owner: SecretOwner, value: string): Promise<StoredSecret>;
  /**
   * Follows a reference for its owner. References stand in rows that can be written without any key, so what a row points at proves nothing:
   * a secret of another tenant, backend or name is refused.
   * @throws SecretError `secret-ref-invalid` | `secret-ref-foreign` | `secret-not-found` | `secret-key-unknown` | `secret-unreadable`
   */
  resolve(ref: string, owner: ExpectedOwner): Promise<string>;
  /** What secrets a tenant has: their references, never the values. */
  list(tenantId: string): Promise<SecretEntry[]>;
}

const FIRST_VERSION = 1;

/** The `db://` store over a client or an open transaction of the master database. */
export function createSecretStore(db: PrismaClient | Prisma.TransactionClient, keys: SecretKeys): SecretStore {
  return {
    async keep(owner, value) {
      const identity = { ...owner, version: FIRST_VERSION };
      await db.tenantSecret.createMany({
        data: [{ ...identity, ...sealSecret(identity, value, keys) }],
        skipDuplicates: true,
      });
      const row = await db.tenantSecret.findUniqueOrThrow({ where: { tenantId_backend_name_version: identity } });
      return { ref: formatSecretRef(row), value: openSecret(row, row, keys) };
    },
    async resolve(ref, owner) {
      const { id, version } = parseSecretRef(ref);
      const row = await db.tenantSecret.findUnique({ where: { id, version } });
      if (!row) throw new SecretError('secret-not-found', `There is no secret ${ref}.`);
      assertOwner(row, owner, ref);
      // Columns changed to fit the owner don't open it: they are bound to the envelope.
      return openSecret(row, row, keys);
    },
    async list(tenantId) {
      const rows = await db.tenantSecret.findMany({
        where: { tenantId },
        select: { id: true, version: true, backend: true, name: true },
        orderBy: { version: 'asc' },
      });
      return rows.map(({ backend, name, ...location }) => ({ backend, name, ref: formatSecretRef(location) }));
    },
  };
}

function assertOwner(row: SecretOwner, { tenantId, backend, name = row.name }: ExpectedOwner, ref: string): void {
  if (row.tenantId === tenantId.toLowerCase() && row.backend === backend && row.name === name) return;
  throw new SecretError(
    'secret-ref-foreign',
    `The secret ${ref} is not the ${backend} secret of tenant ${tenantId}: the reference was altered. Compare it with the tenant's rows in TenantSecret.`,
  );
}

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
 * @throws SecretError as {@link SecretStore.resolve}
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
