/**
 * What can go wrong in this package, as stable codes:
 * - `config-invalid`: a variable is missing or unusable; the message names every one.
 * - `server-unreachable`: no PostgreSQL server answers, or it stopped answering.
 * - `certificate-untrusted`: the server's TLS certificate is not trusted here, or made out to another host.
 * - `access-denied`: the server refuses the login, or a right is missing.
 * - `pooler-mode`: a pooler shares sessions between clients; it must be in session mode.
 * - `migration-failed`: a migration failed now or in an earlier run; the message says which and why.
 * - `roles-missing`: a role doesn't exist and the migrating user may not create it.
 * - `not-migrated`: the tables aren't there yet.
 * - `tenant-name-invalid`: not a name a tenant can have.
 * - `secret-key-invalid`: a key of the environment is not base64 of 32 bytes.
 * - `secret-key-unknown`: a secret is wrapped by a key the environment doesn't have; the message names the key's id.
 * - `secret-ref-invalid`, `secret-not-found`: a reference that isn't one, or points at nothing.
 * - `secret-ref-foreign`: a reference that leads to another tenant's, backend's or name's secret than the one it is followed for.
 * - `secret-unreadable`: the envelope doesn't open: altered, truncated, or moved from another row.
 */
export type DbMasterErrorCode =
  | 'config-invalid'
  | 'server-unreachable'
  | 'certificate-untrusted'
  | 'access-denied'
  | 'pooler-mode'
  | 'migration-failed'
  | 'roles-missing'
  | 'not-migrated'
  | 'tenant-name-invalid'
  | 'secret-key-invalid'
  | 'secret-key-unknown'
  | 'secret-ref-invalid'
  | 'secret-ref-foreign'
  | 'secret-not-found'
  | 'secret-unreadable';

/** The error of this package. Its message can be shown and logged: it never carries a secret or a connection string. */
export class DbMasterError extends Error {
  override readonly name = 'DbMasterError';

  constructor(
    readonly code: DbMasterErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
