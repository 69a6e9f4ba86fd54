import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import type { VaultKv } from '../vault';
import { rowsOf, type SecretDatabase } from './secret-rows';
import { VaultSecrets } from './vault-secrets';

/** A secret of a tenant in the vault that no row of the master database leads to. */
export interface Leftover {
  readonly backend: BackendKind;
  /** Mount and path. */
  readonly place: string;
  readonly path: string;
}

/** What it needs of a vault. */
type ListedVault = Pick<VaultKv, 'mount' | 'path' | 'putIfAbsent' | 'read' | 'destroy' | 'listBelow' | 'writtenAt'>;

/**
 * What is left in the vault by an attempt that was given up for dead, and died between its writing and its look for the
 * row, which was gone by then: nobody else knows of it.
 */
export class VaultLeftovers {
  private readonly secrets: VaultSecrets;

  constructor(private readonly vault: ListedVault) {
    this.secrets = new VaultSecrets(vault);
  }

  /**
   * Those of one tenant. What was written since is left out: its row comes first, so it has one, or is being removed.
   * @throws VaultError
   */
  async find(db: SecretDatabase, tenantId: string, writtenBefore: Date): Promise<Leftover[]> {
    const paths = await this.vault.listBelow(`${this.vault.path}/${tenantId.toLowerCase()}`);
    const unknown = await this.withoutRow(db, tenantId, paths);
    const found = await Promise.all(
      unknown.map(async (path) => {
        const name = path.slice(this.vault.path.length + 1).split('/')[1];
        const backend = BACKEND_KINDS.find((it) => it === name);
        const at = await this.vault.writtenAt(path);
        if (backend === undefined || at === undefined || at >= writtenBefore) return [];
        return [{ backend, path, place: `${this.vault.mount}/${path}` }];
      }),
    );
    return found.flat();
  }

  /**
   * Destroys one while nothing works for the tenant at that backend, unless it has got a row by now.
   * @returns whether it did
   */
  async destroy(db: SecretDatabase, tenantId: string, { path }: Leftover): Promise<boolean> {
    if ((await this.withoutRow(db, tenantId, [path])).length === 0) return false;
    await this.vault.destroy(path);
    return true;
  }

  private async withoutRow(db: SecretDatabase, tenantId: string, paths: readonly string[]): Promise<string[]> {
    if (paths.length === 0) return [];
    const rows = await rowsOf(db, tenantId);
    const known = new Set(rows.filter((it) => it.vaultRef !== null).map((it) => this.secrets.pathOf(it)));
    return paths.filter((it) => !known.has(it));
  }
}
