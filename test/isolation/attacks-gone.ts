import type { Attack, Matrix } from './attack';
import { ask } from './http';
import type { TenantSession } from './tenant-session';

const row = (
  what: string,
  as: string,
  answer: string,
  run: (by: TenantSession, on: TenantSession) => Promise<string>,
): Attack => ({
  what,
  as,
  answer,
  run,
});

const APP_ROLE = 'its application role';
const USER = 'its user';
const TOKEN = 'its token';
const CLIENT = "its client's secret";
const APP_TOKEN = "its application's token";
const ADMIN_TOKEN = "its first admin's token";

const clientLogin = ({ keycloak: by }: TenantSession, realm: string) =>
  by.form(realm, 'token', {
    grant_type: 'client_credentials',
    client_id: 'freeflow-app',
    client_secret: by.clientSecret,
  });
const statusOf = async (by: TenantSession, token: string, path: string) =>
  String((await by.keycloak.call(token, 'GET', path)).status);
const userinfo = (realm: string) => `/realms/${realm}/protocol/openid-connect/userinfo`;

/** All that a deleted tenant still holds, tried at what was its own and at a tenant that stays. */
const REFUSED: readonly Attack[] = [
  row('log in to PostgreSQL', APP_ROLE, '28P01', (by) => by.postgres.logIn({})),
  row("log in to another's database", APP_ROLE, '28P01', (by, on) =>
    by.postgres.logIn({ database: on.postgres.database }),
  ),
  row('go on in a PostgreSQL session that was open', APP_ROLE, '57P01', (by) => by.postgres.run('SELECT 1')),
  row('log in to MongoDB', USER, '18', (by) => by.mongodb.logIn({})),
  row('go on in a MongoDB connection that was open: read', USER, '13', (by) =>
    by.mongodb.run(by.mongodb.database, { find: 'seed_data' }),
  ),
  row('go on in a MongoDB connection that was open: write, which would bring the database back', USER, '13', (by) =>
    by.mongodb.run(by.mongodb.database, { insert: 'seed_data', documents: [{}] }),
  ),
  row('read its collection in Qdrant', TOKEN, '401', (by) =>
    by.qdrant.run('GET', `/collections/${by.qdrant.collection}`),
  ),
  row("read another's collection in Qdrant", TOKEN, '401', (by, on) =>
    by.qdrant.run('GET', `/collections/${on.qdrant.collection}`),
  ),
  row('list collections in Qdrant', TOKEN, '401', (by) => by.qdrant.run('GET', '/collections')),
  row('log in to its realm', CLIENT, '404', (by) => clientLogin(by, by.keycloak.realm)),
  row("log in to another's realm", CLIENT, '401', (by, on) => clientLogin(by, on.keycloak.realm)),
  row("read another's userinfo", APP_TOKEN, '401', (by, on) =>
    statusOf(by, by.keycloak.appToken, userinfo(on.keycloak.realm)),
  ),
  row("list the users of another's realm", ADMIN_TOKEN, '401', (by, on) =>
    statusOf(by, by.keycloak.admin.accessToken, `/admin/realms/${on.keycloak.realm}/users`),
  ),
  row('list the realms', ADMIN_TOKEN, '401', (by) => statusOf(by, by.keycloak.admin.accessToken, '/admin/realms')),
  row("list the tenants at the platform's API", APP_TOKEN, '401', async (by) =>
    String(
      (await ask('GET', `${by.apiUrl}/tenants`, { headers: { authorization: `Bearer ${by.keycloak.appToken}` } }))
        .status,
    ),
  ),
];

/** A tenant that was deleted. */
export const GONE: Matrix = {
  title: 'A tenant that is gone',
  codes:
    '`28P01` wrong password, `57P01` session ended by the server, `18` authentication failed, `13` unauthorized, `401` not known here, `404` the realm is gone, and nobody there to refuse',
  parts: [{ title: 'What is refused', attacks: REFUSED }],
};
