import type { BackendKind } from '@freeflow/contract';
import { openSecret, sealSecret } from './envelope';
import { lostFault, SecretError } from './errors';
import type { SecretKeys } from './keys';
import { formatSecretRef, parseSecretRef } from './ref';
import {
  addRow,
  findRow,
  findRowById,
  hasEnvelope,
  lockRowsOf,
  rowsOf,
  type RowIdentity,
  type SecretDatabase,
  type SecretRow,
} from './secret-rows';
import { VaultMark } from './vault-mark';
import { VaultSecrets, type SecretVault } from './vault-secrets';

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
  readonly version: number;
  readonly ref: string;
}

/** A secret that is stored: pass the reference on, use the value at once and forget it. */
export interface StoredSecret {
  readonly ref: string;
  readonly value: string;
}

/**
 * The secrets of tenants: sealed in the master database (`db://`), or in a vault (`vault://`). The rows of the master
 * database say which there are, and where. All but `list` may throw VaultError where one is in a vault.
 */
export interface SecretStore {
  /**
   * Stores a value unless one is stored already. The stored value wins, also when two race: use the returned one.
   * @param version 1 when left out: that of a rotation is another secret, beside those before
   * @throws SecretError `secret-key-unknown` | `secret-unreadable` when a value stored earlier doesn't open
   */
  keep(owner: SecretOwner, value: string, version?: number): Promise<StoredSecret>;
  /**
   * Those of these names that are stored of a tenant at one backend, by name. Others aren't opened: one that nobody
   * uses any more may not open. Not for a create, whose rows may still be ahead of the vault: it keeps.
   * @throws SecretError `secret-key-unknown` | `secret-unreadable` | `secret-not-found` for one that has a row, and is
   * not where that says: it was lost there, and must not be taken for one that was never made
   */
  findAll(
    owner: Omit<SecretOwner, 'name'>,
    names: readonly string[],
    version?: number,
  ): Promise<ReadonlyMap<string, StoredSecret>>;
  /** Destroys one version of a secret, in the vault first. Nothing to do where there is none. */
  destroy(owner: SecretOwner, version: number): Promise<void>;
  /**
   * Follows a reference for its owner, to where the secret is by now: it may have been moved since. References stand in
   * rows that can be written without any key, so what a row points at proves nothing: a secret of another tenant,
   * backend or name is refused.
   * @throws SecretError `secret-ref-invalid` | `secret-ref-foreign` | `secret-not-found` | `secret-key-unknown` |
   * `secret-unreadable`
   */
  resolve(ref: string, owner: ExpectedOwner): Promise<string>;
  /** What secrets a tenant has: their references, never the values. */
  list(tenantId: string): Promise<SecretEntry[]>;
  /**
   * Destroys what a vault has of a tenant's secrets, or may have; the rows stay, and have to be deleted with the
   * tenant's, in the transaction `within`: without them nothing knows what is in the vault.
   */
  destroyInVault(tenantId: string, within: SecretDatabase): Promise<void>;
  /**
   * Marks the vault as that of this installation, where it is new; nothing where there is none that new secrets go to.
   * @throws VaultError `vault-other` where it is another installation's, or was emptied; others
   */
  claimVault(): Promise<void>;
  /** Whether there is a vault that secrets may be in. */
  readonly hasVault: boolean;
}

/** Where secrets are besides the master database, and where new ones go. */
export interface SecretPlaces {
  readonly vault?: SecretVault | undefined;
  /** @default db */
  readonly store?: 'db' | 'vault' | undefined;
}

const FIRST_VERSION = 1;

/** The store over a client or an open transaction of the master database. */
export function createSecretStore(db: SecretDatabase, keys: SecretKeys, places: SecretPlaces = {}): SecretStore {
  const vault = places.vault === undefined ? undefined : new VaultSecrets(places.vault);
  const mark = places.vault === undefined ? undefined : new VaultMark(places.vault);
  const store = places.store ?? 'db';

  const vaultFor = (row: RowIdentity & Pick<SecretRow, 'vaultRef'>): VaultSecrets => {
    if (vault === undefined)
      throw new SecretError(
        'secret-store-unset',
        `The secret ${row.vaultRef ?? ''} is in a vault: set VAULT_ADDR and a login there.`,
      );
    if (row.vaultRef !== vault.refOf(row))
      throw new SecretError(
        'secret-ref-foreign',
        `The row of ${row.backend}/${row.name} of tenant ${row.tenantId} leads to ${row.vaultRef ?? 'nowhere'}, not below ${vault.below}: it was altered, or VAULT_MOUNT or VAULT_PATH is another one.`,
      );
    return vault;
  };

  /** The value of a row; undefined where it is only going to be in the vault. */
  const read = async (row: SecretRow): Promise<string | undefined> => {
    if (hasEnvelope(row)) return openSecret(row, row, keys);
    const value = await vaultFor(row).read(row);
    if (value !== undefined) return value;
    // Since the row was read it may have been moved back.
    const now = await findRow(db, row);
    return now !== undefined && hasEnvelope(now) ? openSecret(now, now, keys) : undefined;
  };

  const keepInVault = async (row: SecretRow, value: string): Promise<string> => {
    const kept = await vaultFor(row).keep(row, value);
    if (!kept.isNew || (await findRow(db, row)) !== undefined) return kept.value;
    // The tenant is gone meanwhile, and nothing knows of this any more.
    await vaultFor(row).destroy(row);
    throw new SecretError('secret-not-found', `The row of ${row.vaultRef ?? ''} was removed meanwhile.`);
  };

  return {
    async keep(owner, value, version = FIRST_VERSION) {
      const identity = { ...owner, version };
      // Before there is a row, which says that something is in the vault.
      if (store === 'vault') await mark?.ensureLately(db);
      const row = await addRow(
        db,
        identity,
        store === 'vault' && vault !== undefined
          ? { vaultRef: vault.refOf(identity) }
          : { envelope: sealSecret(identity, value, keys) },
      );
      return { ref: refOf(row), value: hasEnvelope(row) ? openSecret(row, row, keys) : await keepInVault(row, value) };
    },
    async findAll({ tenantId, backend }, names, version = FIRST_VERSION) {
      const rows = await db.$queryRaw<SecretRow[]>`
        SELECT * FROM "TenantSecret" WHERE "tenantId" = ${tenantId}::uuid AND backend::text = ${backend} AND version = ${version}::int AND name = ANY(${names})`;
      const found = await Promise.all(
        rows.map(async (row) => {
          const value = await read(row);
          if (value === undefined) {
            await mark?.ensure(db);
            throw lostFault(row.vaultRef);
          }
          return [row.name, { ref: refOf(row), value }] as const;
        }),
      );
      return new Map(found);
    },
    async resolve(ref, owner) {
      const parsed = parseSecretRef(ref);
      if (parsed.store === 'vault') assertOwner(parsed, owner, ref);
      const row = await (parsed.store === 'db' ? findRowById(db, parsed) : findRow(db, parsed));
      if (row === undefined) throw notFound(ref);
      // Columns changed to fit the owner don't open it: they are bound to the envelope, and to the path in the vault.
      assertOwner(row, owner, ref);
      const value = await read(row);
      if (value === undefined) throw notFound(ref);
      return value;
    },
    async list(tenantId) {
      return (await rowsOf(db, tenantId)).map((row) => {
        const { backend, name, version } = row;
        return { backend, name, version, ref: refOf(row) };
      });
    },
    async destroy({ tenantId, backend, name }, version) {
      const row = await findRow(db, { tenantId, backend, name, version });
      if (row === undefined) return;
      // The row last: without it nothing knows what is in the vault.
      if (row.vaultRef !== null) {
        // In another vault it is not there either, which proves nothing.
        await mark?.ensure(db);
        await vaultFor(row).destroy(row);
      }
      await db.$queryRaw`DELETE FROM "TenantSecret" WHERE id = ${row.id}::uuid RETURNING id`;
    },
    async destroyInVault(tenantId, within) {
      const rows = (await lockRowsOf(within, tenantId)).filter((it) => it.vaultRef !== null);
      // In another vault none of them is there, which proves nothing.
      if (rows.length > 0) await mark?.ensure(within);
      await Promise.all(rows.map((row) => vaultFor(row).destroy(row)));
    },

    async claimVault() {
      if (store === 'vault') await mark?.ensure(db);
    },

    hasVault: vault !== undefined,
  };
}

/** Where the secret of a row is now. */
const refOf = (row: SecretRow): string =>
  hasEnvelope(row) || row.vaultRef === null ? formatSecretRef(row) : row.vaultRef;

const notFound = (ref: string): SecretError => new SecretError('secret-not-found', `There is no secret ${ref}.`);

function assertOwner(
  { tenantId: own, backend: at, name: called }: Pick<RowIdentity, 'tenantId' | 'name'> & { backend: string },
  { tenantId, backend, name = called }: ExpectedOwner,
  ref: string,
): void {
  if (own === tenantId.toLowerCase() && at === backend && called === name) return;
  throw new SecretError(
    'secret-ref-foreign',
    `The secret ${ref} is not the ${backend} secret of tenant ${tenantId}: the reference was altered. Compare it with the tenant's rows in TenantSecret.`,
  );
}
