import type { BackendKind } from '@freeflow/contract';
import type { SecretEnvelope, SecretIdentity } from './envelope';
import { SecretError } from './errors';

/** Whose secret a row is of, and which version of it. */
export interface RowIdentity extends SecretIdentity {
  readonly backend: BackendKind;
}

type NoEnvelope = { readonly [column in keyof SecretEnvelope]: null };

/**
 * A row of the table TenantSecret: the one place that says which secrets there are, and where. With an envelope it is
 * here, whatever else the row says; without one it is in the vault. `vaultRef` is set before anything is written there,
 * and taken away once nothing is left there.
 */
export type SecretRow = RowIdentity & { readonly id: string; readonly vaultRef: string | null } & (
    | SecretEnvelope
    | NoEnvelope
  );

/** What is done with that table: a Prisma client, or an open transaction of one, can do it. */
export interface SecretDatabase {
  $queryRaw<T>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<T>;
}

export const hasEnvelope = (row: SecretRow): row is SecretRow & SecretEnvelope => row.keyId !== null;

/** Adds a row unless there is one. @returns the one there is. @throws SecretError `secret-not-found` when it goes */
export async function addRow(
  db: SecretDatabase,
  { tenantId, backend, name, version }: RowIdentity,
  { envelope, vaultRef }: { envelope?: SecretEnvelope; vaultRef?: string },
): Promise<SecretRow> {
  const { keyId = null, wrappedKey = null, ciphertext = null } = envelope ?? {};
  const [added] = await db.$queryRaw<SecretRow[]>`
    INSERT INTO "TenantSecret" (id, "tenantId", backend, name, version, "keyId", "wrappedKey", ciphertext, "vaultRef")
    VALUES (gen_random_uuid(), ${tenantId}::uuid, ${backend}::"BackendKind", ${name}, ${version}::int, ${keyId}, ${wrappedKey}::bytea,
            ${ciphertext}::bytea, ${vaultRef ?? null})
    ON CONFLICT ("tenantId", backend, name, version) DO NOTHING
    RETURNING *`;
  const row = added ?? (await findRow(db, { tenantId, backend, name, version }));
  if (row === undefined)
    throw new SecretError('secret-not-found', `The row of ${backend}/${name} was removed while it was read.`);
  return row;
}

export async function findRow(
  db: SecretDatabase,
  { tenantId, backend, name, version }: SecretIdentity,
): Promise<SecretRow | undefined> {
  const [row] = await db.$queryRaw<SecretRow[]>`
    SELECT * FROM "TenantSecret"
     WHERE "tenantId" = ${tenantId}::uuid AND backend::text = ${backend} AND name = ${name} AND version = ${version}::int`;
  return row;
}

export async function findRowById(
  db: SecretDatabase,
  { id, version }: { id: string; version: number },
): Promise<SecretRow | undefined> {
  const [row] = await db.$queryRaw<SecretRow[]>`
    SELECT * FROM "TenantSecret" WHERE id = ${id}::uuid AND version = ${version}::int`;
  return row;
}

/** Those of a tenant, by the order of their versions. */
export const rowsOf = (db: SecretDatabase, tenantId: string): PromiseLike<SecretRow[]> =>
  db.$queryRaw<SecretRow[]>`SELECT * FROM "TenantSecret" WHERE "tenantId" = ${tenantId}::uuid ORDER BY version`;

/** The same, locked: who writes one of them into the vault is waited for. */
export const lockRowsOf = (db: SecretDatabase, tenantId: string): PromiseLike<SecretRow[]> =>
  db.$queryRaw<SecretRow[]>`SELECT * FROM "TenantSecret" WHERE "tenantId" = ${tenantId}::uuid ORDER BY id FOR UPDATE`;
