import { randomUUID } from 'node:crypto';
import type { Document, MongoClient } from 'mongodb';
import { BackendFault, hasCode } from '../failures';
import { expectRefusal, type RefusalRule } from '../refusal';
import { SERVER_LIMIT_MS } from './commands';
import { FAILURE_CODES } from './failure-codes';
import { canWrite, type PrivilegedResource, type UserDetails } from './users';

const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;

export const MONGODB_REFUSAL: RefusalRule = {
  server: 'MongoDB',
  refusals: [UNAUTHORIZED],
  failures: FAILURE_CODES,
  // Any other answer of the server: it has let the command through to where it failed.
  isLetThrough: (error) => typeof (error as { code?: unknown }).code === 'number',
};

type Attempt = [what: string, database: string, command: Document];

/**
 * As the tenant: may write and read in its own database, and is refused at `admin`, at our own database, at making
 * users and at changing its nonce, each time by code 13 (Unauthorized). Nothing is written, even where it is allowed:
 * each command is authorised as one that writes, and matches nothing, is only explained, or names what doesn't exist.
 * @param hasOwnRoleOnly false where an administrator has given it more: then what it may at its own database was meant
 */
export async function probeMongo(
  tenant: MongoClient,
  ownDatabase: string,
  foreignDatabase: string,
  hasOwnRoleOnly: boolean,
): Promise<void> {
  // No collection can have this name.
  const nowhere = `freeflow-probe-${randomUUID()}`;
  const nothing = { q: { _id: nowhere }, u: { $set: { value: 42 } } };
  const own: Attempt[] = [
    ['changing', ownDatabase, { update: nowhere, updates: [nothing] }],
    [
      'inserting',
      ownDatabase,
      { explain: { update: nowhere, updates: [{ ...nothing, upsert: true }] }, verbosity: 'queryPlanner' },
    ],
    ['deleting', ownDatabase, { delete: nowhere, deletes: [{ q: { _id: nowhere }, limit: 1 }] }],
    ['reading', ownDatabase, { find: nowhere, limit: 1 }],
  ];
  const foreign: Attempt[] = [
    ['reading system.users', 'admin', { find: 'system.users', limit: 1 }],
    ['reading our own database', foreignDatabase, { find: 'installation', limit: 1 }],
    ['writing to our own database', foreignDatabase, { update: 'installation', updates: [nothing] }],
  ];
  const administrative: Attempt[] = [
    ['listing users', ownDatabase, { usersInfo: 1 }],
    // With a role that doesn't exist, and a mechanism that doesn't: permission is looked at first, then both fail.
    [
      'creating a user',
      ownDatabase,
      { createUser: nowhere, pwd: randomUUID(), roles: [{ role: nowhere, db: ownDatabase }] },
    ],
    ['changing its nonce', ownDatabase, { updateUser: ownDatabase, customData: {}, mechanisms: [nowhere] }],
  ];
  for (const [what, database, command] of own) {
    const reply = tenant.db(database).command({ ...command, maxTimeMS: SERVER_LIMIT_MS });
    await reply.catch((error: unknown) => {
      if (hasCode(error, UNAUTHORIZED))
        throw new BackendFault('probe-refused', `MongoDB: the tenant is refused ${what} in its own database`, {
          cause: error,
        });
      throw error;
    });
  }
  for (const [what, database, command] of [...foreign, ...(hasOwnRoleOnly ? administrative : [])])
    await expectRefusal(MONGODB_REFUSAL, what, () => tenant.db(database).command(command));
}

/**
 * The same for a user that may not log in from here, by authentication restrictions that an administrator has set:
 * judged by the rights that the server reports for it on the same targets.
 */
export function probeFromOutside(user: UserDetails, foreignDatabase: string): void {
  if (!canWrite(user))
    throw new BackendFault('probe-refused', `MongoDB: user ${user.user} may not write in its own database`);
  const isForeign = ({ db, anyResource }: PrivilegedResource) =>
    anyResource === true || (db !== undefined && ['', 'admin', foreignDatabase].includes(db));
  const leaked = (user.inheritedPrivileges ?? []).filter(({ resource }) => isForeign(resource));
  if (leaked.length > 0)
    throw new BackendFault(
      'probe-leak',
      `MongoDB: user ${user.user} may act on ${leaked.map(({ resource }) => JSON.stringify(resource)).join(', ')}`,
    );
}

/** Sees the tenant's own login refused. */
export async function assertLoginRefused(tenant: MongoClient, ownDatabase: string): Promise<void> {
  if (await logsIn(tenant, ownDatabase)) throw new BackendFault('still-open', 'MongoDB: the tenant still logs in');
}

/** Whether the server takes the tenant's login. */
export async function logsIn(tenant: MongoClient, ownDatabase: string): Promise<boolean> {
  try {
    await tenant.db(ownDatabase).command({ connectionStatus: 1 });
    return true;
  } catch (error) {
    if (hasCode(error, AUTHENTICATION_FAILED)) return false;
    throw error;
  }
}
