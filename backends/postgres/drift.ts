import type { Pool } from 'pg';
import type { Drift, OwnedResource, Target } from '../backend';
import { findLimitDrift, type Limits } from './limits';
import { appRole, loginRole, loginRoles, ownerRole, rolesOf } from './sql';
import type { TenantLogin } from './tenant-login';

const OF_APP = ['CONNECT', 'TEMPORARY'];

interface State {
  appExists: boolean;
  appLogsIn: boolean;
  ownerLogsIn: boolean;
  isOpen: boolean;
  encoding: string;
  /** Attributes no role of a tenant has. */
  powers: string[];
  /** What its roles are members of. */
  memberOf: string[];
  /** The roles of other credentials that there are, and whether they may log in; the app role among them. */
  logins: { role: string; logsIn: boolean }[];
}

const STATE = `
  SELECT a.oid IS NOT NULL AS "appExists", coalesce(a.rolcanlogin, false) AS "appLogsIn", o.rolcanlogin AS "ownerLogsIn", d.datallowconn AS "isOpen",
         pg_encoding_to_char(d.encoding) AS encoding,
         ARRAY(SELECT r.rolname || ' is ' || it.power FROM pg_roles r, LATERAL (VALUES ('SUPERUSER', r.rolsuper), ('CREATEDB', r.rolcreatedb), ('CREATEROLE', r.rolcreaterole),
           ('REPLICATION', r.rolreplication), ('BYPASSRLS', r.rolbypassrls)) it(power, "has") WHERE r.oid IN (a.oid, o.oid) AND it."has") AS powers,
         ARRAY(SELECT pg_get_userbyid(m.member) || ' is a member of ' || pg_get_userbyid(m.roleid) FROM pg_auth_members m WHERE m.member IN (a.oid, o.oid) AND pg_get_userbyid(m.roleid) <> $4) AS "memberOf",
         (SELECT coalesce(json_agg(json_build_object('role', l.rolname, 'logsIn', l.rolcanlogin) ORDER BY l.rolname), '[]') FROM pg_roles l WHERE l.rolname = ANY ($5)) AS logins
    FROM pg_database d JOIN pg_roles o ON o.rolname = $2 LEFT JOIN pg_roles a ON a.rolname = $3 WHERE d.datname = $1`;

const GRANTS = `
  SELECT coalesce(r.rolname, 'PUBLIC') AS grantee, array_agg(DISTINCT g.privilege_type ORDER BY g.privilege_type) AS privileges
    FROM pg_database d, LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) g LEFT JOIN pg_roles r ON r.oid = g.grantee
   WHERE d.datname = $1 AND g.grantee <> d.datdba GROUP BY 1 ORDER BY 1`;

/** How the role of a tenant ends; before that it has the name of the database. */
const ROLE_ENDING = `(${rolesOf('').join('|')})$`;

const NONCES = `
  SELECT r.rolname AS role, substr(s.description, 10) AS nonce, d.oid::text AS oid
    FROM pg_shdescription s JOIN pg_roles r ON r.oid = s.objoid LEFT JOIN pg_database d ON d.datdba = r.oid AND d.datname || '_owner' = r.rolname
   WHERE s.classoid = 'pg_authid'::regclass AND s.description ~ '^freeflow:[0-9a-f-]{36}$' AND r.rolname ~ '${ROLE_ENDING}'`;

/**
 * How database and roles differ from what they should be. The stored password is tried out, since verifiers are for
 * superusers only.
 */
export async function findPostgresDrift(
  pool: Pool,
  target: Target,
  state: 'present' | 'disabled',
  login: TenantLogin,
  limits: Limits,
): Promise<Drift[]> {
  const { name } = target;
  const role = loginRole(target);
  const {
    rows: [now],
  } = await pool.query<State>(STATE, [
    name,
    ownerRole(name),
    role,
    appRole(name),
    [appRole(name), ...loginRoles(name)].filter((it) => it !== role),
  ]);
  if (now === undefined) return [{ what: `database ${name} or its owner is gone`, isMissing: true }];
  if (!now.appExists) return [{ what: `there is no role ${role}`, isMissing: true }];
  const { rows: grants } = await pool.query<{ grantee: string; privileges: string[] }>(GRANTS, [name]);
  const has = new Map(grants.map(({ grantee, privileges }) => [grantee, privileges]));
  const lacking = OF_APP.filter((it) => has.get(appRole(name))?.includes(it) !== true);
  const [shall, is] = [state === 'present', (yes: boolean) => (yes ? 'may' : 'may not')];
  const differences: Drift[] = [
    ...(now.appLogsIn === shall ? [] : [{ what: `${role} ${is(now.appLogsIn)} log in`, repair: 'access' as const }]),
    ...(now.isOpen === shall
      ? []
      : [{ what: `database ${name} ${now.isOpen ? 'takes' : 'takes no'} connections`, repair: 'access' as const }]),
    ...(now.ownerLogsIn ? [{ what: `${ownerRole(name)} may log in`, repair: 'grants' as const }] : []),
    ...(lacking.length === 0
      ? []
      : [{ what: `${appRole(name)} lacks ${lacking.join(', ')}`, repair: 'grants' as const }]),
    ...grants.flatMap(({ grantee, privileges }) =>
      surplus(grantee, grantee === appRole(name) ? privileges.filter((it) => !OF_APP.includes(it)) : privileges),
    ),
    ...(await findLimitDrift(pool, target, limits)),
    ...(now.encoding === 'UTF8'
      ? []
      : [
          {
            what: `database ${name} is encoded in ${now.encoding}, not UTF8; to change that, dump it and restore it into a new one`,
          },
        ]),
    ...[...now.powers, ...now.memberOf].map((what) => ({ what })),
    ...findSurplusLogins(now.logins, target),
    ...now.logins
      .filter(({ logsIn }) => !shall && logsIn)
      .map((it) => ({ what: `${it.role} may log in`, repair: 'access' as const })),
  ];
  const opens = now.appLogsIn && now.isOpen && lacking.length === 0;
  return !opens || (await login.takesPassword())
    ? differences
    : [
        ...differences,
        {
          what: `the password of ${role} isn't the stored one, changed by the tenant or by hand; a suspend and resume gives the stored one back`,
        },
      ];
}

/** Logins that the ledger does not know, be they left by a mistake or made by hand; a person has to look. */
function findSurplusLogins(logins: State['logins'], target: Target): Drift[] {
  const known = (target.otherCredentials ?? []).map((credential) => loginRole({ ...target, credential }));
  return logins
    .filter(({ role, logsIn }) => !known.includes(role) && (logsIn || role !== appRole(target.name)))
    .map(({ role, logsIn }) => ({
      what: `there is a role ${role}${logsIn ? ', which may log in,' : ''} that belongs to no credential of the ledger`,
    }));
}

/** What PUBLIC was granted is revoked; a grant to a role by name is left alone: a person had a reason for it. */
const surplus = (grantee: string, privileges: string[]): Drift[] =>
  privileges.length === 0
    ? []
    : [
        {
          what: `${grantee} has ${privileges.join(', ')}`,
          ...(grantee === 'PUBLIC' ? { repair: 'grants' as const } : {}),
        },
      ];

/** The tenants' resources, by the COMMENTs of their roles. */
export async function listOwnedDatabases(pool: Pool): Promise<OwnedResource[]> {
  const { rows } = await pool.query<{ role: string; nonce: string; oid: string | null }>(NONCES);
  const found = new Map<string, OwnedResource>();
  for (const { role, nonce, oid } of rows) {
    const name = role.replace(new RegExp(ROLE_ENDING), '');
    const key = `${name}/${nonce}`;
    found.set(key, { ...found.get(key), name, nonce, ...(oid === null ? {} : { externalId: oid }) });
  }
  return [...found.values()];
}
