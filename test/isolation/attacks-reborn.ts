import type { Attack, Matrix } from './attack';
import { json } from './http';
import type { TenantSession } from './tenant-session';

const asOld = (
  what: string,
  answer: string,
  run: (by: TenantSession, on: TenantSession) => Promise<string>,
): Attack => ({
  what,
  as: 'the old tenant',
  answer,
  run,
});
const asNew = (what: string, answer: string, look: (newcomer: TenantSession) => Promise<string>): Attack => ({
  what,
  as: 'the new tenant',
  answer,
  run: (_, on) => look(on),
});

const own = (realm: string, below = '') => `/admin/realms/${realm}${below}`;
const count = (things: unknown): string => String((things as unknown[]).length);

const LEFT: readonly Attack[] = [
  asNew('look for tables of the old tenant', '0', async ({ postgres }) =>
    count(await postgres.rows("SELECT 1 FROM pg_class WHERE relnamespace = 'app'::regnamespace")),
  ),
  asNew('look for documents of the old tenant', '_freeflow_meta', async ({ mongodb }) => {
    const { cursor } = await mongodb.answer(mongodb.database, { listCollections: 1, nameOnly: true });
    return (cursor as { firstBatch: { name: string }[] }).firstBatch.map((it) => it.name).join(', ');
  }),
  asNew('look for points of the old tenant', '0', async ({ qdrant }) => {
    const { points } = (await qdrant.result('POST', `/collections/${qdrant.collection}/points/scroll`, {
      limit: 10,
    })) as { points: unknown[] };
    return count(points);
  }),
  asNew('look for snapshots of the old tenant', '0', async ({ qdrant }) =>
    count(await qdrant.result('GET', `/collections/${qdrant.collection}/snapshots`)),
  ),
  asNew('look for snapshots of the old tenant, by shard', '0', async ({ qdrant }) =>
    count(await qdrant.result('GET', `/collections/${qdrant.collection}/shards/0/snapshots`)),
  ),
  asNew('look for users of the old tenant', 'admin', async ({ keycloak }) => {
    const users = json<{ username: string }[]>(
      await keycloak.call(keycloak.admin.accessToken, 'GET', own(keycloak.realm, '/users')),
    );
    return users.map((it) => it.username).join(', ');
  }),
];

const REFUSED: readonly Attack[] = [
  asOld('log in to PostgreSQL', '28P01', (by) => by.postgres.logIn({})),
  asOld('log in to MongoDB', '18', (by) => by.mongodb.logIn({})),
  asOld('read in a MongoDB connection that was open', '13', (by) =>
    by.mongodb.run(by.mongodb.database, { find: '_freeflow_meta' }),
  ),
  asOld('write in a MongoDB connection that was open', '13', (by) =>
    by.mongodb.run(by.mongodb.database, { insert: 'mine', documents: [{}] }),
  ),
  asOld('read the collection in Qdrant', '401', (by) =>
    by.qdrant.run('POST', `/collections/${by.qdrant.collection}/points/scroll`, { limit: 1 }),
  ),
  asOld('delete points in Qdrant', '401', (by) =>
    by.qdrant.run('POST', `/collections/${by.qdrant.collection}/points/delete`, { points: [1] }),
  ),
  asOld('log in to the realm', '401', ({ keycloak: by }) =>
    by.form(by.realm, 'token', {
      grant_type: 'client_credentials',
      client_id: 'freeflow-app',
      client_secret: by.clientSecret,
    }),
  ),
  asOld('log in to the realm as its first admin', '400 invalid_grant', ({ keycloak: by }) =>
    by.form(by.realm, 'token', {
      grant_type: 'password',
      client_id: 'admin-cli',
      username: 'admin',
      password: by.adminPassword,
    }),
  ),
  asOld("renew the first admin's token", '400 invalid_grant', ({ keycloak: by }) =>
    by.form(by.realm, 'token', {
      grant_type: 'refresh_token',
      client_id: 'security-admin-console',
      refresh_token: by.admin.refreshToken,
    }),
  ),
  asOld('read the userinfo of the realm', '401', async ({ keycloak: by }) =>
    String((await by.call(by.appToken, 'GET', `/realms/${by.realm}/protocol/openid-connect/userinfo`)).status),
  ),
  asOld('list the users of the realm', '401', async ({ keycloak: by }) =>
    String((await by.call(by.admin.accessToken, 'GET', own(by.realm, '/users'))).status),
  ),
];

/** What a deleted tenant holds, tried at a new tenant of the same name; and what the new one finds of the old. */
export const REBORN: Matrix = {
  title: 'A new tenant of the same name',
  codes:
    "`42501` insufficient privilege, `28P01` wrong password, `18` authentication failed, `13` unauthorized, `401` not known here, `400 invalid_grant` OAuth's word for a login or token that isn't good here",
  parts: [
    { title: 'What it finds of the old one', attacks: LEFT },
    { title: 'What is refused', attacks: REFUSED },
  ],
};
