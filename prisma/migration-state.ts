import { createHash } from 'node:crypto';
import { PgError, databaseOf, errorCode } from '@freeflow/lib/pg';
import { withMasterSession } from './master-session';
import { MIGRATIONS_DIR, readMigrations } from './migration-files';

/** How the migrations of a master database differ from those of this package; each list holds names, in order. */
export interface MigrationState {
  /** Those that are as they should be. */
  readonly applied: readonly string[];
  /** To be applied yet. */
  readonly missing: readonly string[];
  /** Begun, and neither ended nor recorded as rolled back. */
  readonly failed: readonly string[];
  /** Applied, but by another script of that name. */
  readonly altered: readonly string[];
  /** Applied, but not of this package: a newer version of it has been here. */
  readonly unknown: readonly string[];
}

interface Row {
  readonly name: string;
  readonly checksum: string;
  readonly isFinished: boolean;
}

const ROWS = `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS "isFinished" FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY 1`;

/**
 * Looks which migrations have been applied, and changes nothing.
 * @param url a login that owns the database: neither role of the two processes may read the table of migrations
 * @throws PgError `server-unreachable` | `access-denied`
 */
export async function migrationState(url: string): Promise<MigrationState> {
  const [{ migrationDirectories }, rows] = await Promise.all([readMigrations(MIGRATIONS_DIR), appliedRows(url)]);
  const ours = new Map(
    migrationDirectories.map(({ path, migrationFile }) => [path, checksumOf(migrationFile.content.value)]),
  );
  const [finished, begun] = [rows.filter((it) => it.isFinished), rows.filter((it) => !it.isFinished)];
  const names = (some: readonly Row[]) => some.map(({ name }) => name);
  return {
    applied: names(finished.filter(({ name, checksum }) => ours.get(name) === checksum)),
    missing: [...ours.keys()].filter((name) => !names(rows).includes(name)),
    failed: names(begun),
    altered: names(finished.filter(({ name, checksum }) => ours.has(name) && ours.get(name) !== checksum)),
    unknown: names(finished.filter(({ name }) => !ours.has(name))),
  };
}

/** As Prisma writes it down. */
const checksumOf = (script: string): string => createHash('sha256').update(script).digest('hex');

async function appliedRows(url: string): Promise<Row[]> {
  try {
    return (await withMasterSession(url, (session) => session.query<Row>(ROWS))).rows;
  } catch (error) {
    const code = errorCode(error);
    // No such database, no such table: nothing has been applied.
    if (code === '3D000' || code === '42P01') return [];
    if (code === '42501')
      throw new PgError(
        'access-denied',
        `This user may not see which migrations ${databaseOf(url)} has: check as the owner of the database.`,
        { cause: error },
      );
    throw error;
  }
}
