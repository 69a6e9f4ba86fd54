import { type Db } from 'mongodb';

/** One row of MongoDB's own form: what may be done where. */
export interface Privilege {
  resource: { db: string; collection: string } | { cluster: boolean } | { anyResource: boolean };
  actions: readonly string[];
}

/**
 * What the worker does: users and their rights, the drop, a note in each tenant's database, one of its own, and ending
 * what runs. Of tenants' data it may read and write nothing. It is no root, but could grant itself root: MongoDB can't
 * narrow grantRole by name.
 */
export const PRIVILEGES: readonly Privilege[] = [
  {
    resource: { db: '', collection: '' },
    actions: [
      'createUser',
      'dropUser',
      'grantRole',
      'revokeRole',
      'viewUser',
      'changePassword',
      'viewRole',
      'dropRole',
      'dropDatabase',
      'listCollections',
      // What a blueprint says: collections, their rules of validation, indexes.
      'createCollection',
      'collMod',
      'createIndex',
      'listIndexes',
    ],
  },
  // The note that makes an empty database visible.
  { resource: { db: '', collection: '_freeflow_meta' }, actions: ['insert', 'update'] },
  // Which installation this server is.
  { resource: { db: 'freeflow_meta', collection: 'installation' }, actions: ['find', 'insert', 'update'] },
  // To end a tenant's sessions and operations, to see who else holds a lock, to look for a user in all databases at
  // once, and for a database whose name differs by case alone.
  { resource: { cluster: true }, actions: ['killAnySession', 'inprog', 'killop', 'viewUser', 'listDatabases'] },
];

interface RoleInfo {
  privileges: Privilege[];
  roles: { role: string; db: string }[];
}

/** Creates the role, or gives it exactly these privileges again; returns what was created or repaired. */
export async function ensureRole(admin: Db, role: string): Promise<string[]> {
  const { roles } = (await admin.command({ rolesInfo: { role, db: 'admin' }, showPrivileges: true })) as {
    roles?: RoleInfo[];
  };
  const wanted = { privileges: PRIVILEGES, roles: [] };
  const [found] = roles ?? [];
  if (found === undefined) {
    await admin.command({ createRole: role, ...wanted });
    return [`role ${role} created`];
  }
  const { missing, surplus } = differences(found.privileges, found.roles);
  if (missing.length + surplus.length === 0) return [];
  await admin.command({ updateRole: role, ...wanted });
  return [
    ...missing.map((it) => `role ${role} may again: ${it}`),
    ...surplus.map((it) => `role ${role} may no longer: ${it}`),
  ];
}

/** How privileges differ from those of the table, in words: what is lacking, and what is too much. */
export function differences(
  privileges: readonly Privilege[],
  inherited: RoleInfo['roles'] = [],
): { missing: string[]; surplus: string[] } {
  const [has, shall] = [
    new Set([...describePrivileges(privileges), ...inherited.map((it) => `all that ${it.role} of ${it.db} may`)]),
    new Set(describePrivileges(PRIVILEGES)),
  ];
  return { missing: [...shall].filter((it) => !has.has(it)), surplus: [...has].filter((it) => !shall.has(it)) };
}

/** One line for each action at each place. */
const describePrivileges = (privileges: readonly Privilege[]): string[] =>
  privileges.flatMap(({ resource, actions }) => actions.map((action) => `${action} ${place(resource)}`));

function place(resource: Privilege['resource']): string {
  if ('cluster' in resource) return 'on the cluster';
  if ('anyResource' in resource) return 'everywhere';
  const { db, collection } = resource;
  return `in ${collection === '' ? '' : `${collection} of `}${db === '' ? 'every database' : `database ${db}`}`;
}
