import type { Db } from 'mongodb';
import type { Target } from '../backend';
import { BackendFault, hasCode, messageOf } from '../failures';
import { MECHANISMS } from './access';
import { foreignClaims } from './claims';
import { collectionNames, runWrite, SERVER_LIMIT_MS } from './commands';
import { rolesOn } from './users';

const USER_EXISTS = 51003;
const DATABASE_DIFFERS_BY_CASE = 13297;
const TENANT_META = '_freeflow_meta';

/**
 * Creates the user that owns a database which was seen empty, and with it the proof of whose it is.
 * @throws BackendFault `foreign-resource` where somebody else has rights on that name, `conflict` after a lost race for
 * it
 */
export async function createOwner(admin: Db, db: Db, target: Target, password: string): Promise<void> {
  const claims = await foreignClaims(admin, db, target.signal);
  if (claims.length > 0) throw new BackendFault('foreign-resource', `MongoDB: ${claims.join('; ')}`);
  await createUser(db, target, password);
}

/**
 * A database without collections isn't listed; a note makes it visible in a listing. It proves nothing, and what the
 * tenant has in its database by now is left as it is.
 */
export async function ensureListed(db: Db, { tenantId, signal }: Target): Promise<void> {
  if ((await collectionNames(db, signal)).length > 0) return;
  const notes = db.collection<{ _id: string }>(TENANT_META);
  await notes
    .updateOne({ _id: 'tenant' }, { $setOnInsert: { tenantId } }, { upsert: true, maxTimeMS: SERVER_LIMIT_MS })
    .catch(async (error: unknown) => {
      if (hasCode(error, DATABASE_DIFFERS_BY_CASE))
        throw new BackendFault('foreign-resource', `MongoDB: ${messageOf(error)}`, { cause: error });
      // Created by another client meanwhile, as a view for instance.
      if ((await collectionNames(db, signal)).length === 0) throw error;
    });
}

async function createUser(db: Db, target: Target, pwd: string): Promise<void> {
  const { name, signal } = target;
  signal.throwIfAborted();
  const command = {
    createUser: name,
    pwd,
    mechanisms: MECHANISMS,
    roles: rolesOn(name),
    customData: nonceDataOf(target),
  };
  await runWrite(db, command, signal).catch((error: unknown) => {
    // Lost a race for the name: whose it is now, the next attempt reads.
    if (hasCode(error, USER_EXISTS))
      throw new BackendFault('conflict', `MongoDB: user ${name} was just created by another client`, {
        cause: error,
      });
    throw error;
  });
}

export const nonceDataOf = ({ nonce, tenantId }: Target) => ({ freeflowNonce: nonce, freeflowTenant: tenantId });
