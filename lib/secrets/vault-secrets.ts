import type { Fields, VaultKv } from '../vault';
import type { SecretIdentity } from './envelope';
import { SecretError } from './errors';
import { formatVaultRef } from './ref';

/** What it needs of a vault. */
export type SecretVault = Pick<VaultKv, 'mount' | 'path' | 'putIfAbsent' | 'read' | 'destroy'>;

/** Written once, at first: a later version of a secret has a path of its own, below that of the first. */
const VAULT_VERSION = 1;

/**
 * The secrets of tenants in a vault. Each is one version of one path, which says whose it is, and so does what is
 * written there: what was copied to the path of another tenant is refused.
 */
export class VaultSecrets {
  constructor(private readonly vault: SecretVault) {}

  readonly refOf = (identity: SecretIdentity): string => formatVaultRef(this.below, identity);

  /** Mount and path of ours. */
  get below(): string {
    return `${this.vault.mount}/${this.vault.path}`;
  }

  /**
   * Stores a value unless one is there already, which then is the one.
   * @throws SecretError `secret-not-found` where it was deleted there by hand, `secret-unreadable`; VaultError
   */
  async keep(identity: SecretIdentity, value: string): Promise<{ value: string; isNew: boolean }> {
    const isNew = await this.vault.putIfAbsent(this.pathOf(identity), toFields(identity, value));
    if (isNew) return { value, isNew };
    const stored = await this.read(identity);
    if (stored === undefined)
      throw new SecretError(
        'secret-not-found',
        `The secret ${this.refOf(identity)} was deleted in the vault, not destroyed. Undelete its version there, or destroy its metadata: then another one is made.`,
      );
    return { value: stored, isNew };
  }

  /** @returns undefined where there is none. @throws SecretError `secret-unreadable`; VaultError */
  async read(identity: SecretIdentity): Promise<string | undefined> {
    const found = await this.vault.read(this.pathOf(identity), VAULT_VERSION);
    if (found === undefined) return undefined;
    const { value, ...owner } = found;
    const { value: _expected, ...expected } = toFields(identity, '');
    if (value !== undefined && Object.entries(expected).every(([field, text]) => owner[field] === text)) return value;
    throw new SecretError(
      'secret-unreadable',
      `What is at ${this.refOf(identity)} is not that secret: it was altered, or copied from another path.`,
    );
  }

  /** All versions, and all that is known of them. @throws VaultError */
  destroy(identity: SecretIdentity): Promise<void> {
    return this.vault.destroy(this.pathOf(identity));
  }

  /**
   * Seen from the mount. Not by versions of the vault's own: those are of one path, which can't be written to once it
   * is destroyed.
   */
  pathOf({ tenantId, backend, name, version }: SecretIdentity): string {
    const first = `${this.vault.path}/${tenantId.toLowerCase()}/${backend}/${encodeURIComponent(name)}`;
    return version === 1 ? first : `${first}/${version}`;
  }
}

const toFields = ({ tenantId, backend, name, version }: SecretIdentity, value: string): Fields => ({
  value,
  tenant: tenantId.toLowerCase(),
  backend,
  name,
  ...(version === 1 ? {} : { version: String(version) }),
});
