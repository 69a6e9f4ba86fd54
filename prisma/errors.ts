import { CodedError } from '@freeflow/lib/errors';

/**
 * What can go wrong in this package, as stable codes; besides these, errors of the libraries are passed on.
 * - `migration-failed`: a migration failed now or in an earlier run; the message names it and its cause.
 * - `roles-missing`: a role doesn't exist and the migrating user may not create it.
 * - `not-migrated`: the tables aren't there yet.
 */
export type DbMasterErrorCode = 'migration-failed' | 'roles-missing' | 'not-migrated';

/** The error of this package. */
export class DbMasterError extends CodedError<DbMasterErrorCode> {
  override readonly name = 'DbMasterError';
}
