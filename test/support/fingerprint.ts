import { createHash } from 'node:crypto';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { asKeycloakAdmin, qdrantAsOwner, withMongo, withPostgres } from './outside';

/** A tenant's database, as the owner of the server. */
export const databaseUrl = ({ postgres }: StackInfo, name: string): string =>
  postgres.url.replace(/\/[^/]*$/, `/freeflow_${name}`);

/** Data of the tenant's own in all its backends, written with its owners' rights. */
export async function fill(info: StackInfo, name: string): Promise<void> {
  await withPostgres(databaseUrl(info, name), (client) =>
    client.query(
      `CREATE TABLE app.things (n int PRIMARY KEY); INSERT INTO app.things VALUES (1), (2); GRANT SELECT ON app.things TO freeflow_${name}_app`,
    ),
  );
  await withMongo(info.mongodb.url, (client) =>
    client
      .db(`freeflow_${name}`)
      .collection('things')
      .insertMany([{ n: 1 }, { n: 2 }]),
  );
  const vector = Array.from({ length: 1536 }, (_, at) => at / 1536);
  await qdrantAsOwner(info).upsert(`freeflow_${name}_vectors`, {
    wait: true,
    points: [{ id: 1, vector, payload: { n: 1 } }],
  });
  await asKeycloakAdmin(info, 'POST', `/admin/realms/freeflow-${name}/users`, { username: 'customer', enabled: true });
}

/**
 * One hash over schema, grants and data of a tenant in all its backends.
 * @param saltedHashes whether MongoDB's hash of the password counts: the same password set again has another salt
 */
export async function fingerprint(info: StackInfo, name: string, { saltedHashes = true } = {}): Promise<string> {
  const postgres = await withPostgres(databaseUrl(info, name), async (client) => [
    (await client.query('SELECT * FROM app.things ORDER BY n')).rows,
    (
      await client.query(
        'SELECT relname, relacl::text, relowner FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1 ORDER BY 1',
        ['app'],
      )
    ).rows,
    (
      await client.query('SELECT datname, datacl::text, datallowconn, datdba FROM pg_database WHERE datname = $1', [
        `freeflow_${name}`,
      ])
    ).rows,
    (await client.query('SELECT nspname, nspacl::text FROM pg_namespace ORDER BY 1')).rows,
    (
      await client.query('SELECT rolname, rolcanlogin, rolpassword FROM pg_authid WHERE rolname LIKE $1 ORDER BY 1', [
        `freeflow\\_${name}%`,
      ])
    ).rows,
  ]);
  const mongo = await withMongo(info.mongodb.url, async (client) => {
    const db = client.db(`freeflow_${name}`);
    const { users } = (await db.command({ usersInfo: 1, showPrivileges: false, showCredentials: saltedHashes })) as {
      users?: unknown;
    };
    return [
      users,
      await db.collection('things').find().sort({ n: 1 }).toArray(),
      await db.collection('things').indexes(),
    ];
  });
  const qdrant = qdrantAsOwner(info);
  const collection = `freeflow_${name}_vectors`;
  const look = async () => [
    withoutIdle((await qdrant.getCollection(collection)).config),
    (await qdrant.scroll(collection, { with_payload: true, with_vector: true })).points,
  ];
  // A connection that was kept open may be closed by the server in the very moment it is used again.
  const vectors = await look().catch(look);
  const realm = await asKeycloakAdmin(info, 'GET', `/admin/realms/freeflow-${name}`);
  const users = await asKeycloakAdmin(info, 'GET', `/admin/realms/freeflow-${name}/users`);
  return createHash('sha256')
    .update(JSON.stringify([postgres, mongo, vectors, realm.body, users.body]))
    .digest('hex');
}

/** Strict mode that is switched off limits nothing; Qdrant keeps its numbers, once it had any. */
const withoutIdle = ({ strict_mode_config: strict, ...config }: { strict_mode_config?: object | null }): object =>
  strict !== null && strict !== undefined && 'enabled' in strict && strict.enabled === true
    ? { ...config, strict }
    : config;
