import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg' with { 'resolution-mode': 'import' };

const LOCK_FILE = 'migration_lock.toml';
const SCRIPT_FILE = 'migration.sql';

// The compiled files lie one folder below the package, the sources in it.
const packageDir = path.basename(__dirname) === 'dist' ? path.dirname(__dirname) : __dirname;

/** The migrations of this package. */
export const MIGRATIONS_DIR = path.join(packageDir, 'migrations');

/** The schema they lead to. */
export const SCHEMA_FILE = path.join(packageDir, 'schema.prisma');

/**
 * Reads a folder of migrations the way Prisma's command line does: one sub-folder each, in the order of their names.
 */
export async function readMigrations(baseDir: string): Promise<MigrationList> {
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir,
    lockfile: { path: LOCK_FILE, content: await readFile(path.join(baseDir, LOCK_FILE), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(names.map((name) => readMigration(baseDir, name))),
  };
}

async function readMigration(baseDir: string, name: string): Promise<MigrationList['migrationDirectories'][number]> {
  const value = await readFile(path.join(baseDir, name, SCRIPT_FILE), 'utf8');
  return { path: name, migrationFile: { path: SCRIPT_FILE, content: { tag: 'ok', value } } };
}
