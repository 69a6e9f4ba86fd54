import { VaultError } from '../vault';
import type { SecretDatabase, SecretRow } from './secret-rows';
import { VaultSecrets, type SecretVault } from './vault-secrets';

/**
 * Whether a vault is that of this installation: `new`: it has no mark yet, and none of our secrets is said to be in any
 * vault; `earlier`: no mark, and our secrets: it was used before there were marks.
 */
export type VaultState = 'ours' | 'new' | 'earlier' | 'other';

/** A vault behind an address that was changed is noticed within this time by those who only write there. */
const FRESH_MS = 30_000;
/** In a vault that is ours nearly all are there: it takes one. */
const SAMPLES = 20;

/**
 * The mark by which a vault is known to be that of this installation: a secret of its own, by the id that the master
 * database has. Without it an empty vault, or that of somebody else, looks as if all our secrets had been destroyed.
 * Several installations may share a place: each has its own.
 */
export class VaultMark {
  private id: string | undefined;
  private wellAt = Number.NEGATIVE_INFINITY;
  private readonly secrets: VaultSecrets;

  constructor(private readonly vault: SecretVault) {
    this.secrets = new VaultSecrets(vault);
  }

  /** Changes nothing. @throws VaultError; Error of the master database */
  async look(db: SecretDatabase): Promise<VaultState> {
    if (await this.isMarked(db)) return 'ours';
    const rows = await db.$queryRaw<SecretRow[]>`
      SELECT * FROM "TenantSecret" WHERE "vaultRef" IS NOT NULL ORDER BY "keyId" NULLS FIRST, "createdAt" LIMIT ${SAMPLES}::int`;
    for (const row of rows) if (await this.hasSecretOf(row)) return 'earlier';
    // Another worker may have marked it meanwhile, and stored the first secret.
    if (await this.isMarked(db)) return 'ours';
    return rows.length === 0 ? 'new' : 'other';
  }

  /**
   * Marks a vault that is new, or ours without a mark, before anything is written there or concluded from what is
   * missing.
   * @param db inside a transaction that transaction: nobody then waits for another connection
   * @throws VaultError `vault-other` where it is not ours; others; Error of the master database
   */
  async ensure(db: SecretDatabase): Promise<void> {
    const state = await this.look(db);
    if (state === 'other') throw await this.otherFault(db);
    if (state !== 'ours') await this.vault.putIfAbsent(await this.path(db), { installation: await this.idIn(db) });
    this.wellAt = performance.now();
  }

  /** The same, where it was so within the last half minute without a look. */
  async ensureLately(db: SecretDatabase): Promise<void> {
    if (performance.now() - this.wellAt > FRESH_MS) await this.ensure(db);
  }

  private async isMarked(db: SecretDatabase): Promise<boolean> {
    const mark = await this.vault.read(await this.path(db));
    return mark?.['installation'] === (await this.idIn(db));
  }

  /** A row that leads elsewhere, or a secret that was altered, says nothing of which vault this is. */
  private async hasSecretOf(row: SecretRow): Promise<boolean> {
    if (row.vaultRef !== this.secrets.refOf(row)) return false;
    return (await this.vault.read(this.secrets.pathOf(row))) !== undefined;
  }

  private async otherFault(db: SecretDatabase): Promise<VaultError> {
    const [id, path] = [await this.idIn(db), await this.path(db)];
    return new VaultError(
      'vault-other',
      `vault: ${this.vault.mount}/${path} is not there, and none of our secrets is: this is another vault than that of installation ${id}. Nothing was written, and nothing is taken for destroyed. Check VAULT_ADDR, VAULT_NAMESPACE, VAULT_MOUNT and VAULT_PATH`,
    );
  }

  private path = async (db: SecretDatabase): Promise<string> => `${this.vault.path}/${MARK_NAME}${await this.idIn(db)}`;

  private async idIn(db: SecretDatabase): Promise<string> {
    if (this.id !== undefined) return this.id;
    const [row] = await db.$queryRaw<{ id: string }[]>`SELECT id FROM "Installation"`;
    if (row === undefined) throw new Error('the master database has no installation id: run db:migrate');
    return (this.id = row.id);
  }
}

/** What its name begins with; the id of the installation follows. */
const MARK_NAME = 'installation-';
