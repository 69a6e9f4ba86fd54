import { IDENTITY_CLASS, LOCK_SESSION, SEALING_CLASS, sealingNumberOf } from '../pg/lock-session-name';
import type { SecretDatabase } from './secret-rows';

/** A process that works for tenants, as the master database sees the session of its locks. */
export interface SealingProcess {
  /** Its host, by its own word; in Kubernetes its pod. */
  host: string | null;
  /** Where the connection comes from: a pooler's, where there is one. Null for a socket of the same machine. */
  address: string | null;
  since: Date;
}

/**
 * The processes that may seal a secret now by another key than this one, or do not say by which. A process seals only
 * while it holds a lock, and its locks are its session's; so none is missing here because nobody wrote it down, and
 * none is here that has died, but for the seconds in which the server notices.
 */
export const findOtherSealers = (db: SecretDatabase, keyId: string): PromiseLike<SealingProcess[]> =>
  db.$queryRaw<SealingProcess[]>`
    SELECT nullif(substr(a.application_name, ${LOCK_SESSION.length + 2}::int), '') AS host, host(a.client_addr) AS address, a.backend_start AS since
      FROM pg_locks i JOIN pg_stat_activity a USING (pid)
     WHERE i.locktype = 'advisory' AND i.objsubid = 2 AND i.granted AND i.classid::bigint = ${IDENTITY_CLASS}
       AND i.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND NOT EXISTS (SELECT FROM pg_locks k
                        WHERE k.pid = i.pid AND k.locktype = 'advisory' AND k.objsubid = 2 AND k.granted AND k.database = i.database
                          AND k.classid::bigint = ${SEALING_CLASS} AND k.objid::bigint = ${sealingNumberOf(keyId) >>> 0})
     ORDER BY a.backend_start`;
