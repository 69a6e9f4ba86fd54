import { randomBytes } from 'node:crypto';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { inDatabase } from './master';
import { qdrantAsOwner, withMongo, withPostgres } from './outside';

/** What a restore does to a tenant's things: the same name, nonce, rights and content, and another id at the server. */

/** As pg_dump --create and psql do it: another OID, while the roles with their nonces stay. */
export async function restorePostgresDatabase({ postgres }: StackInfo, name: string): Promise<void> {
  const [database, old] = [`freeflow_${name}`, `freeflow_${name}_before`];
  await withPostgres(inDatabase(postgres.url, 'postgres'), async (client) => {
    await client.query(`ALTER DATABASE ${database} RENAME TO ${old}`);
    await client.query(`CREATE DATABASE ${database} OWNER ${database}_owner TEMPLATE ${old}`);
    await client.query(
      `REVOKE ALL ON DATABASE ${database} FROM PUBLIC; GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${database}_app`,
    );
    await client.query(`ALTER ROLE ${database}_app IN DATABASE ${database} SET search_path = app`);
    await client.query(`DROP DATABASE ${old}`);
  });
}

/** The user made once more, with the nonce it had unless another one is given: it has another userId. */
export async function restoreMongoUser({ mongodb }: StackInfo, name: string, nonce?: object): Promise<void> {
  await withMongo(mongodb.url, async (client) => {
    const db = client.db(`freeflow_${name}`);
    const { users } = (await db.command({ usersInfo: 1 })) as unknown as {
      users: { user: string; customData: object }[];
    };
    const [user] = users;
    await db.command({ dropUser: user?.user });
    await db.command({
      createUser: user?.user,
      pwd: randomBytes(12).toString('hex'),
      roles: [{ role: 'readWrite', db: db.databaseName }],
      customData: nonce ?? user?.customData,
    });
  });
}

/** The collection made once more, with the metadata it had. */
export async function restoreQdrantCollection(info: StackInfo, name: string): Promise<void> {
  const [client, collection] = [qdrantAsOwner(info), `freeflow_${name}_vectors`];
  const { params, metadata } = (await client.getCollection(collection)).config;
  await client.deleteCollection(collection);
  await client.createCollection(collection, {
    vectors: params.vectors ?? {},
    ...(metadata == null ? {} : { metadata }),
  });
}
