import { escapeIdentifier as id } from 'pg';
import { BackendFault, hasCode } from '../failures';
import { enterShut, setBackAll } from './closed-database';
import { dependenciesOf, type Dependency } from './dependencies';
import type { PostgresServer } from './server';

/** The roles of a tenant that is dropped, and its own database, where that is ours to drop. */
export interface Leaving {
  roles: readonly string[];
  ownDatabase: string | undefined;
  signal: AbortSignal;
  announceCall: () => Promise<void>;
}

const SHOWN_MAX = 5;
const dropOwned = (roles: readonly string[]): string => `DROP OWNED BY ${roles.map(id).join(', ')}`;

/**
 * Refuses to go on where a role owns something elsewhere, before anything is dropped: it may be data that is needed.
 * @throws BackendFault `conflict`
 */
export async function refusePossessions(server: PostgresServer, { roles, ownDatabase }: Leaving): Promise<void> {
  const owned = (await dependenciesOf(server.pool, roles, ownDatabase)).filter((it) => it.isPossession);
  const [first] = owned;
  if (first === undefined) return;
  throw new BackendFault(
    'conflict',
    `PostgreSQL: nothing of the data was dropped, since the tenant's roles own objects elsewhere: ${describeDependencies(owned)}. Drop that, or in ${first.database === null ? 'any database' : `database ${first.database}`} reassign it: REASSIGN OWNED BY ${roles.map(id).join(', ')} TO ...`,
  );
}

/**
 * Any tenant may grant a role of another one rights on what is its own (that can't be forbidden), and PostgreSQL drops
 * no role that has rights anywhere. So they are taken away first, in each such database, also in one that takes no
 * connections; those on what belongs to the whole server in any. To be called once nothing is owned there.
 */
export async function forgetGrants(server: PostgresServer, leaving: Leaving): Promise<void> {
  await setBackAll(server);
  const found = await dependenciesOf(server.pool, leaving.roles, leaving.ownDatabase);
  for (const database of new Set(found.map((it) => it.database ?? server.home))) {
    await leaving.announceCall();
    await forgetIn(server, database, leaving);
  }
}

/**
 * Refuses to go on where rights are left that weren't the provisioner's to take away.
 * @throws BackendFault `permission`, with the statement for who may
 */
export async function refuseLeftovers(server: PostgresServer, { roles, ownDatabase }: Leaving): Promise<void> {
  const left = await dependenciesOf(server.pool, roles, ownDatabase);
  if (left.length === 0) return;
  const statements = [...new Set(left.map((it) => it.database ?? server.home))].map(
    (database) => `in database ${database}: ${dropOwned(roles)}`,
  );
  throw new BackendFault(
    'permission',
    `PostgreSQL: the tenant's roles can't be dropped, since they have rights that no tenant has granted: ${describeDependencies(left)}. A superuser can revoke them, ${statements.join('; ')}`,
  );
}

async function forgetIn(server: PostgresServer, database: string, { roles, signal }: Leaving): Promise<void> {
  try {
    await enterShut(server, database, signal, ({ change }) => change(dropOwned(roles)));
  } catch (error) {
    // Not ours to enter, or gone by now: what is left of it is looked for afterwards.
    if (!hasCode(error, '42501', '3D000', '55000')) throw error;
  }
}

const describeDependencies = (all: readonly Dependency[]): string =>
  [
    ...all
      .slice(0, SHOWN_MAX)
      .map(({ role, what, database }) => `${what}${database === null ? '' : ` in database ${database}`} (${role})`),
    ...(all.length > SHOWN_MAX ? [`and ${all.length - SHOWN_MAX} more`] : []),
  ].join(', ');
