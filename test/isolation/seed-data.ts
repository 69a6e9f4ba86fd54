import { createHash } from 'node:crypto';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { inDatabase } from '../support/master';
import { asKeycloakAdmin, qdrantAsOwner, withMongo, withPostgres } from '../support/outside';
import { VECTOR } from './qdrant-reach';
import type { TenantSession } from './tenant-session';

const SEED_DATA = 'what nobody else may see';

/** Something worth stealing in all four backends, put there with the tenant's own rights. */
export async function fill({ postgres, mongodb, qdrant, keycloak }: TenantSession): Promise<void> {
  await Promise.all([
    postgres.rows(
      `CREATE TABLE seed_data (n int PRIMARY KEY, what text); INSERT INTO seed_data VALUES (1, '${SEED_DATA}')`,
    ),
    mongodb.answer(mongodb.database, {
      insert: 'seed_data',
      documents: [
        { _id: 1, what: SEED_DATA },
        { _id: 2, what: SEED_DATA },
      ],
    }),
    mongodb.answer(mongodb.database, { insert: 'own', documents: [{ _id: 1 }] }),
    qdrant.result('PUT', `/collections/${qdrant.collection}/points?wait=true`, {
      points: [
        { id: 1, vector: VECTOR, payload: { seed_data: SEED_DATA } },
        { id: 2, vector: VECTOR },
      ],
    }),
    qdrant.result('PUT', `/collections/${qdrant.collection}/index?wait=true`, {
      field_name: 'own',
      field_schema: 'keyword',
    }),
    keycloak.call(keycloak.admin.accessToken, 'POST', `/admin/realms/${keycloak.realm}/users`, {
      username: 'customer',
      firstName: SEED_DATA,
      enabled: true,
    }),
  ]);
}

/** Changes a little in each backend, as any successful attack would. */
export async function spoil({ postgres, mongodb, qdrant, keycloak }: TenantSession): Promise<void> {
  await postgres.rows("UPDATE seed_data SET what = 'gone'");
  await mongodb.answer(mongodb.database, { delete: 'seed_data', deletes: [{ q: { _id: 1 }, limit: 1 }] });
  await qdrant.result('POST', `/collections/${qdrant.collection}/points/payload?wait=true`, {
    points: [1],
    payload: { seed_data: 'gone' },
  });
  await keycloak.call(
    keycloak.admin.accessToken,
    'PUT',
    `/admin/realms/${keycloak.realm}/users/${keycloak.ids.admin}`,
    { firstName: 'gone' },
  );
}

/**
 * Everything of a tenant with the owners' eyes, by backend: data, rights, nonces, settings, passwords as far as they
 * are kept.
 */
export async function snapshotOf(
  info: StackInfo,
  session: TenantSession,
): Promise<Record<'postgres' | 'mongodb' | 'qdrant' | 'keycloak', unknown>> {
  const [postgres, mongodb, qdrant, keycloak] = await Promise.all([
    inPostgres(info, session),
    inMongo(info, session),
    inQdrant(info, session),
    inKeycloak(info, session),
  ]);
  return { postgres, mongodb, qdrant, keycloak };
}

async function inPostgres(
  { postgres: { url } }: StackInfo,
  { postgres: { database, app, owner } }: TenantSession,
): Promise<unknown[]> {
  const queries = [
    'SELECT * FROM app.seed_data',
    `SELECT relname, relacl::text, relowner::regrole::text FROM pg_class WHERE relnamespace = 'app'::regnamespace ORDER BY 1`,
    'SELECT nspname, nspacl::text, nspowner::regrole::text FROM pg_namespace ORDER BY 1',
    `SELECT *, shobj_description(oid, 'pg_authid') FROM pg_authid WHERE rolname IN ('${app}', '${owner}') ORDER BY rolname`,
    `SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members WHERE '${app}'::regrole IN (roleid, member) OR '${owner}'::regrole IN (roleid, member) ORDER BY 1, 2`,
    `SELECT setconfig FROM pg_db_role_setting WHERE setrole IN ('${app}'::regrole, '${owner}'::regrole)`,
    `SELECT oid, datdba, datacl::text, datallowconn, datconnlimit, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '${database}'`,
  ];
  return withPostgres(inDatabase(url, database), async (client) => {
    const seen: unknown[] = [];
    for (const query of queries) seen.push((await client.query(query)).rows);
    return seen;
  });
}

async function inMongo({ mongodb: { url } }: StackInfo, { mongodb: { database } }: TenantSession): Promise<unknown[]> {
  return withMongo(url, async (client) => {
    const db = client.db(database);
    const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map((it) => it.name).sort();
    const { users } = (await db.command({ usersInfo: 1, showCredentials: true })) as { users?: unknown };
    return [
      users,
      ...(await Promise.all(
        names.map(async (name) => [
          name,
          await db.collection(name).find().sort({ _id: 1 }).toArray(),
          await db.collection(name).indexes(),
        ]),
      )),
    ];
  });
}

async function inQdrant(info: StackInfo, { qdrant: { collection } }: TenantSession): Promise<unknown[]> {
  const qdrant = qdrantAsOwner(info);
  const { config, payload_schema: indexes } = await qdrant.getCollection(collection);
  const { points } = await qdrant.scroll(collection, { with_payload: true, with_vector: true });
  const hashed = points.map(({ vector, ...point }) => ({
    ...point,
    vector: createHash('sha256').update(JSON.stringify(vector)).digest('hex'),
  }));
  const tokens = await qdrant.scroll('freeflow_registry', {
    filter: { must: [{ key: 'collection', match: { value: collection } }] },
  });
  return [
    config,
    Object.keys(indexes),
    hashed,
    tokens.points,
    (await qdrant.getCollectionAliases(collection)).aliases,
    await qdrant.listSnapshots(collection),
  ];
}

async function inKeycloak(info: StackInfo, { keycloak: { realm } }: TenantSession): Promise<unknown[]> {
  const parts = ['', '/users', '/clients', '/roles', '/groups', '/components', '/identity-provider/instances'];
  return Promise.all(
    parts.map(async (part) => (await asKeycloakAdmin(info, 'GET', `/admin/realms/${realm}${part}`)).body),
  );
}
