import type { BackendKind } from '@freeflow/contract';
import { openSecret, sealSecret, type SecretEnvelope, type SecretIdentity } from './envelope';
import { SecretError } from './errors';
import type { SecretKeys } from './keys';
import { formatSecretRef, parseSecretRef, type SecretLocation } from './ref';

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
   * Those of these names that are stored of a tenant at one backend, by name. Others aren't opened: one that nobody
   * uses any more may not open.
   * @throws SecretError `secret-key-unknown` | `secret-unreadable`
   */
  findAll(owner: Omit<SecretOwner, 'name'>, names: readonly string[]): Promise<ReadonlyMap<string, StoredSecret>>;
  /**
   * Follows a reference for its owner. References stand in rows that can be written without any key, so what a row
   * points at proves nothing: a secret of another tenant, backend or name is refused.
   * @throws SecretError `secret-ref-invalid` | `secret-ref-foreign` | `secret-not-found` | `secret-key-unknown` |
   * `secret-unreadable`
   */
  resolve(ref: string, owner: ExpectedOwner): Promise<string>;
  /** What secrets a tenant has: their references, never the values. */
  list(tenantId: string): Promise<SecretEntry[]>;
}

/** Whose secret a row holds, and which version of it. */
interface SecretColumns extends SecretIdentity {
  readonly backend: BackendKind;
}

/** A row of the table TenantSecret. */
type SecretRow = SecretLocation & SecretColumns & SecretEnvelope;

/** What the store does with the table TenantSecret: a Prisma client, or an open transaction of one, can do it. */
export interface SecretDatabase {
  $queryRaw<T>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<T>;
  readonly tenantSecret: {
    createManyAndReturn(query: {
      data: (SecretColumns & SecretEnvelope)[];
      skipDuplicates: true;
    }): PromiseLike<SecretRow[]>;
    findUniqueOrThrow(query: { where: { tenantId_backend_name_version: SecretColumns } }): PromiseLike<SecretRow>;
    findUnique(query: { where: SecretLocation }): PromiseLike<SecretRow | null>;
    findMany(query: {
      where: { tenantId: string };
      select: Record<keyof SecretLocation | 'backend' | 'name', true>;
      orderBy: { version: 'asc' };
    }): PromiseLike<(SecretLocation & Pick<SecretColumns, 'backend' | 'name'>)[]>;
  };
}

const FIRST_VERSION = 1;

/** The `db://` store over a client or an open transaction of the master database. */
export function createSecretStore(db: SecretDatabase, keys: SecretKeys): SecretStore {
  return {
    async keep(owner, value) {
      const identity = { ...owner, version: FIRST_VERSION };
      const [kept] = await db.tenantSecret.createManyAndReturn({
        data: [{ ...identity, ...sealSecret(identity, value, keys) }],
        skipDuplicates: true,
      });
      const row =
        kept ?? (await db.tenantSecret.findUniqueOrThrow({ where: { tenantId_backend_name_version: identity } }));
      return { ref: formatSecretRef(row), value: openSecret(row, row, keys) };
    },
    async findAll({ tenantId, backend }, names) {
      const rows = await db.$queryRaw<SecretRow[]>`
        SELECT * FROM "TenantSecret" WHERE "tenantId" = ${tenantId}::uuid AND backend::text = ${backend} AND version = ${FIRST_VERSION} AND name = ANY(${names})`;
      return new Map(
        rows.map((row) => [row.name, { ref: formatSecretRef(row), value: openSecret(row, row, keys) }] as const),
      );
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
