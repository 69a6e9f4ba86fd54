import type { StackInfo } from '@freeflow/contract/stack-info';
import { asKeycloakAdmin, qdrantAsOwner, withMongo, withPostgres } from '../support/outside';

/** Everything at the servers whose name begins as those of our tenants do, whatever ledger knows of it. */
export async function namesOutside(info: StackInfo, prefix: string): Promise<string[]> {
  const all = await Promise.all([postgresNames(info), mongoNames(info), qdrantNames(info), realmNames(info)]);
  return all
    .flat()
    .filter(
      (it) => it.split(' ')[1]?.startsWith(`freeflow_${prefix}`) || it.split(' ')[1]?.startsWith(`freeflow-${prefix}`),
    )
    .sort();
}

/** Of which tenants these names are. */
export const tenantsIn = (names: readonly string[], prefix: string): string[] =>
  [...new Set(names.map((it) => new RegExp(`freeflow[-_](${prefix}[a-z0-9]*)`).exec(it)?.[1] ?? it))].sort();

const postgresNames = ({ postgres }: StackInfo): Promise<string[]> =>
  withPostgres(postgres.url, async (client) =>
    (
      await client.query<{ name: string }>(
        `SELECT 'database ' || datname AS name FROM pg_database UNION ALL SELECT 'role ' || rolname FROM pg_roles`,
      )
    ).rows.map((it) => it.name),
  );

const mongoNames = ({ mongodb }: StackInfo): Promise<string[]> =>
  withMongo(mongodb.url, async (client) => {
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
    const { users } = (await client.db('admin').command({ usersInfo: { forAllDBs: true } })) as unknown as {
      users: { user: string; db: string }[];
    };
    return [
      ...databases.map((it) => `database ${it.name}`),
      ...users.flatMap((it) => [`user ${it.user}`, `users-of ${it.db}`]),
    ];
  });

async function qdrantNames(info: StackInfo): Promise<string[]> {
  const client = qdrantAsOwner(info);
  const names = (await client.getCollections()).collections.map((it) => `collection ${it.name}`);
  for (let offset: number | string | undefined; ;) {
    const page = await client.scroll('freeflow_registry', {
      limit: 1_000,
      with_payload: true,
      ...(offset === undefined ? {} : { offset }),
    });
    names.push(...page.points.map((it) => `token ${String(it.payload?.['collection'])}`));
    if (typeof page.next_page_offset !== 'string' && typeof page.next_page_offset !== 'number') return names;
    offset = page.next_page_offset;
  }
}

async function realmNames(info: StackInfo): Promise<string[]> {
  const { body } = await asKeycloakAdmin(info, 'GET', '/admin/realms?briefRepresentation=true');
  return (body as { realm: string }[]).map((it) => `realm ${it.realm}`);
}
