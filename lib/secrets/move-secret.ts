import { stepLockKey } from '../pg/step-lock';
import { openSecret, sealSecret } from './envelope';
import { lostFault, SecretError } from './errors';
import type { SecretKeys } from './keys';
import { formatSecretRef } from './ref';
import { hasEnvelope, type SecretDatabase, type SecretRow } from './secret-rows';
import { VaultMark } from './vault-mark';
import { VaultSecrets, type SecretVault } from './vault-secrets';

/**
 * `busy`: a step works for the tenant at that backend, or the row has changed meanwhile, and nothing was done;
 * `absent`: nothing is stored yet that could be moved; `gone`: there is no such row any more.
 */
export type Moved = 'moved' | 'busy' | 'absent' | 'gone';

/** A client of the master database, with transactions. */
export interface MovingDatabase extends SecretDatabase {
  $transaction<T>(act: (tx: SecretDatabase) => Promise<T>, options: { timeout: number }): Promise<T>;
}

/** A vault, and how to know that it is ours. */
interface Place {
  vault: VaultSecrets;
  mark: VaultMark;
}

/** Moves one secret, by the id of its row, see below. @throws SecretError, VaultError */
export function secretMover(
  db: MovingDatabase,
  keys: SecretKeys,
  there: SecretVault,
): (to: 'db' | 'vault', id: string) => Promise<Moved> {
  const vault = new VaultSecrets(there);
  const place = { vault, mark: new VaultMark(there) };
  return async (to, id) => {
    await place.mark.ensureLately(db);
    const [row] = await db.$queryRaw<SecretRow[]>`SELECT * FROM "TenantSecret" WHERE id = ${id}::uuid`;
    if (row === undefined) return 'gone';
    return to === 'vault' ? moveToVault(db, keys, vault, row) : moveToDb(db, keys, place, row);
  };
}

/** Some calls of a vault, each of which takes seconds at most. */
const WITHIN_MS = 30_000;

/**
 * Moves a secret into the vault, while nothing else is done for the tenant at that backend. First it is on record that
 * something may be there; then, in one transaction, it is written and read back, and row and references change, by
 * which the envelope goes. Whatever dies in between, the secret is where the row says, and it can be done again.
 */
async function moveToVault(db: MovingDatabase, keys: SecretKeys, vault: VaultSecrets, row: SecretRow): Promise<Moved> {
  if (!hasEnvelope(row)) return 'moved';
  const value = openSecret(row, row, keys);
  const ref = vault.refOf(row);
  if ((await noteInVault(db, row, ref)) === 0) return 'busy';
  const writeAndSwitch = async (tx: SecretDatabase): Promise<Moved> => {
    if (!(await excludeSteps(tx, row))) return 'busy';
    // The row stays until it is there: who deletes it destroys that first, and waits for this.
    const switched = await tx.$queryRaw<unknown[]>`
      UPDATE "TenantSecret" SET "keyId" = NULL, "wrappedKey" = NULL, ciphertext = NULL
       WHERE id = ${row.id}::uuid AND ciphertext = ${row.ciphertext} AND "vaultRef" = ${ref} RETURNING id`;
    if (switched.length === 0) return 'busy';
    await writeExactly(vault, row, value);
    await changeReferences(tx, row, formatSecretRef(row), ref);
    return 'moved';
  };
  return db.$transaction(writeAndSwitch, { timeout: WITHIN_MS });
}

/**
 * Moves a secret back into the master database, likewise. What is left in the vault is destroyed last, also what an
 * interrupted move has left there: in a transaction of its own, since the former one has to be committed before the
 * vault's copy may go.
 */
async function moveToDb(db: MovingDatabase, keys: SecretKeys, place: Place, row: SecretRow): Promise<Moved> {
  const { vault, mark } = place;
  const ref = row.vaultRef;
  if (ref === null) return 'moved';
  if (ref !== vault.refOf(row))
    throw new SecretError('secret-ref-foreign', `The row of ${ref} leads elsewhere than below ${vault.below}.`);
  if (!hasEnvelope(row)) {
    const value = await vault.read(row);
    if (value === undefined) {
      await mark.ensure(db);
      return absenceOf(db, row);
    }
    const { keyId, wrappedKey, ciphertext } = sealSecret(row, value, keys);
    const takeBack = async (tx: SecretDatabase): Promise<boolean> => {
      if (!(await excludeSteps(tx, row))) return false;
      const back = await tx.$queryRaw<unknown[]>`
        UPDATE "TenantSecret" SET "keyId" = ${keyId}, "wrappedKey" = ${wrappedKey}, ciphertext = ${ciphertext}
         WHERE id = ${row.id}::uuid AND "keyId" IS NULL AND "vaultRef" = ${ref} RETURNING id`;
      if (back.length > 0) await changeReferences(tx, row, ref, formatSecretRef(row));
      return back.length > 0;
    };
    if (!(await db.$transaction(takeBack, { timeout: WITHIN_MS }))) return 'busy';
  }
  return db.$transaction((tx) => destroyCopy(tx, place, row, ref), { timeout: WITHIN_MS });
}

/** Only while the row holds the secret itself, and stays so: another move could have made the copy the only one. */
async function destroyCopy(tx: SecretDatabase, { vault, mark }: Place, row: SecretRow, ref: string): Promise<Moved> {
  if (!(await excludeSteps(tx, row))) return 'busy';
  const locked = await tx.$queryRaw<unknown[]>`
    SELECT id FROM "TenantSecret"
     WHERE id = ${row.id}::uuid AND "keyId" IS NOT NULL AND "vaultRef" = ${ref} FOR UPDATE`;
  if (locked.length === 0) return 'busy';
  await mark.ensure(tx);
  await vault.destroy(row);
  await tx.$queryRaw`UPDATE "TenantSecret" SET "vaultRef" = NULL WHERE id = ${row.id}::uuid RETURNING id`;
  return 'moved';
}

/**
 * What it means that the vault has nothing: of a resource that is there, the secret was stored, and is lost.
 * @throws SecretError `secret-not-found`
 */
async function absenceOf(db: SecretDatabase, { id, tenantId, backend, vaultRef }: SecretRow): Promise<Moved> {
  const [now] = await db.$queryRaw<{ isUsed: boolean }[]>`
    SELECT EXISTS (SELECT FROM "TenantResource"
                    WHERE "tenantId" = ${tenantId}::uuid AND kind::text = ${backend}
                      AND state::text IN ('present', 'disabled')) AS "isUsed"
      FROM "TenantSecret" WHERE id = ${id}::uuid AND "keyId" IS NULL`;
  if (now === undefined) return 'busy';
  if (now.isUsed) throw lostFault(vaultRef);
  return 'absent';
}

/** Takes the lock of the tenant's steps at that backend, until the transaction ends. */
async function excludeSteps(tx: SecretDatabase, { tenantId, backend }: SecretRow): Promise<boolean> {
  const key = stepLockKey(tenantId, backend);
  const [lock] = await tx.$queryRaw<{ isHeld: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${key}, 0)) AS "isHeld"`;
  return lock?.isHeld === true;
}

async function noteInVault(db: SecretDatabase, { id, ciphertext }: SecretRow, ref: string): Promise<number> {
  const noted = await db.$queryRaw<unknown[]>`
    UPDATE "TenantSecret" SET "vaultRef" = ${ref}
     WHERE id = ${id}::uuid AND ciphertext = ${ciphertext} AND ("vaultRef" IS NULL OR "vaultRef" = ${ref}) RETURNING id`;
  return noted.length;
}

/** What an earlier move has left there may be older than what was stored since. */
async function writeExactly(vault: VaultSecrets, row: SecretRow, value: string): Promise<void> {
  const kept = await vault.keep(row, value).catch((error: unknown) => {
    if (error instanceof SecretError) return undefined;
    throw error;
  });
  if (kept?.value !== value) {
    await vault.destroy(row);
    await vault.keep(row, value);
  }
  if ((await vault.read(row)) !== value)
    throw new SecretError('secret-unreadable', `What was written to ${vault.refOf(row)} does not read back.`);
}

/** Where a tenant's rows have the old reference they get the new one; one that others keep is followed all the same. */
async function changeReferences(db: SecretDatabase, { tenantId }: SecretRow, old: string, now: string): Promise<void> {
  await db.$queryRaw`
    UPDATE "TenantConnection" SET "secretRef" = ${now}
     WHERE "tenantId" = ${tenantId}::uuid AND "secretRef" = ${old} RETURNING id`;
  await db.$queryRaw`
    UPDATE "TenantResource" SET "secretRef" = ${now}
     WHERE "tenantId" = ${tenantId}::uuid AND "secretRef" = ${old} RETURNING id`;
}
