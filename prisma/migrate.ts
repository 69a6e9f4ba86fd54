import { databaseOf, refuseTransactionPooling, grantReservedConnections } from '@freeflow/lib/pg';
import { applyMigrations, markRolledBack, type MigrationResult } from './apply-migrations';
import { ensureDatabase } from './ensure-database';
import { ensureRole, type RoleLogin } from './ensure-role';
import { grantAccess, type RoleNames } from './grant-access';
import { MASTER_ROLES } from './master-roles';
import { withMasterSession } from './master-session';
import { MIGRATIONS_DIR } from './migration-files';
import { withMigrationLock } from './migration-lock';

/** What to migrate, and as what. */
export interface MigrateOptions {
  /** A login that owns the database, or may create it. */
  readonly url: string;
  readonly apiPassword?: string | undefined;
  readonly workerPassword?: string | undefined;
  /** A failed migration that was cleaned up and is to be applied again. */
  readonly rolledBack?: string | undefined;
  /** @default the migrations of this package */
  readonly migrationsDir?: string;
  /** @default MASTER_ROLES */
  readonly roles?: RoleNames;
  /** Receives what is done, line by line. */
  readonly print: (line: string) => void;
}

/**
 * Brings a master database to the present schema and its roles to their rights. Repeating it changes nothing; several
 * at once are safe.
 * @throws PgError, or DbMasterError `migration-failed` | `roles-missing`
 */
export async function migrateMasterDatabase(options: MigrateOptions): Promise<void> {
  const { url, print } = options;
  const database = databaseOf(url);
  const isNew = await ensureDatabase(url);
  await refuseTransactionPooling('MASTER_DATABASE_URL', url);
  print(`Database ${database} ${isNew ? 'created' : 'exists'}.`);
  await withMasterSession(url, (session) =>
    withMigrationLock(
      session,
      () => print('Another migration is running; waiting for it.'),
      async () => {
        if (options.rolledBack !== undefined) {
          await markRolledBack(url, options.rolledBack);
          print(`Migration ${options.rolledBack} marked as rolled back.`);
        }
        describeResult(await applyMigrations(url, session, options.migrationsDir ?? MIGRATIONS_DIR)).forEach(print);
        for (const login of roleLogins(options)) print(await ensureRole(session, login));
        for (const { role } of roleLogins(options))
          if (await grantReservedConnections(session, role)) print(`Role ${role} may use reserved connections.`);
        await grantAccess(session, database, options.roles ?? MASTER_ROLES);
        print('Rights of the roles are set; PUBLIC has none.');
      },
    ),
  );
}

function describeResult({ applied, total }: MigrationResult): string[] {
  if (applied.length === 0) return [`Nothing to migrate: the schema is up to date (${total} in all).`];
  return applied.map((name) => `Migration ${name} applied.`);
}

function roleLogins({ roles = MASTER_ROLES, apiPassword, workerPassword }: MigrateOptions): RoleLogin[] {
  return [
    { role: roles.api, variable: 'MASTER_API_ROLE_PASSWORD', password: apiPassword },
    { role: roles.worker, variable: 'MASTER_WORKER_ROLE_PASSWORD', password: workerPassword },
  ];
}
