import type { Client } from 'pg';
import { DbMasterError } from './errors';
import { readMigrations } from './migration-files';
import { withSchemaEngine } from './schema-engine';

const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** What a run of the migrations did. */
export interface MigrationResult {
  /** The migrations this run applied, in order. */
  readonly applied: readonly string[];
  /** How many there are altogether. */
  readonly total: number;
}

/**
 * Applies what is missing of a folder of migrations. Call it under the migration lock.
 * @param session a session on the same database, to name the migration that failed
 * @throws DbMasterError `migration-failed`
 */
export async function applyMigrations(url: string, session: Client, migrationsDir: string): Promise<MigrationResult> {
  const migrationsList = await readMigrations(migrationsDir);
  try {
    const { appliedMigrationNames } = await withSchemaEngine(url, (engine) =>
      engine.applyMigrations({ migrationsList, filters: NO_FILTERS }),
    );
    return { applied: appliedMigrationNames, total: migrationsList.migrationDirectories.length };
  } catch (error) {
    throw await explainFailure(error, session);
  }
}

/**
 * Notes that what a failed migration left behind was cleaned up, so that the next run applies it again.
 * @throws DbMasterError `migration-failed` when there is no such failed migration
 */
export async function markRolledBack(url: string, migrationName: string): Promise<void> {
  try {
    await withSchemaEngine(url, (engine) => engine.markMigrationRolledBack({ migrationName }));
  } catch (error) {
    throw new DbMasterError(
      'migration-failed',
      `${migrationName} can't be marked as rolled back: ${firstLines(error)}`,
      { cause: error },
    );
  }
}

async function explainFailure(cause: unknown, session: Client): Promise<DbMasterError> {
  const failed = await findFailed(session);
  if (!failed)
    return new DbMasterError('migration-failed', `The migrations could not be applied: ${firstLines(cause)}`, {
      cause,
    });
  const reason = firstLines(failed.logs ?? cause);
  const advice = `Fix the cause, then run db:migrate --rolled-back ${failed.name}.`;
  return new DbMasterError('migration-failed', `Migration ${failed.name} failed: ${reason}\n${advice}`, { cause });
}

async function findFailed(session: Client): Promise<{ name: string; logs: string | null } | undefined> {
  try {
    const { rows } = await session.query<{ name: string; logs: string | null }>(
      'SELECT migration_name AS name, logs FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL ORDER BY started_at LIMIT 1',
    );
    return rows[0];
  } catch {
    // No table yet, or the server is gone: the failure we are about to explain is the more useful one.
    return undefined;
  }
}

/** The engine's messages carry a trace of its own source files below the text, and an empty headline. */
function firstLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.split('\n').map((line) => line.trim());
  const trace = lines.findIndex((line) => /^0: /.test(line));
  const messageLines = (trace < 0 ? lines : lines.slice(0, trace)).filter(
    (line) => line !== '' && line !== 'external connector error',
  );
  return messageLines.join(' ').replace('Error querying the database: ', '');
}
