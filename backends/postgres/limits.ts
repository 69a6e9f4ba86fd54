import type { Plan } from '@freeflow/contract/plans';
import { escapeIdentifier as id, escapeLiteral as literal, type Client, type Pool } from 'pg';
import type { Drift, LimitState, Notes, Target } from '../backend';
import { BackendFault } from '../failures';
import { PARAMETERS, laxSettings, settingText, type Parameter } from './parameters';
import type { PostgresServer, Session } from './server';
import { loginRole, rolesOf } from './sql';

/**
 * What limits a tenant: connections by its role, which the tenant can't alter; all else as settings of its database,
 * which isn't the tenant's own. Those are where its sessions begin: all but the temporary files it may lift again,
 * session by session or for its role, which the reconciliation reports and takes back.
 */
export interface Limits {
  /** How many connections its role may have. */
  connections: number;
  /** The settings of its database, by name; one that isn't here is not limited. Undefined: they are left alone. */
  settings: Settings | undefined;
}

type Settings = Readonly<Partial<Record<Parameter, string>>>;

/** A setting that the tenant has made for its role, which takes precedence over that of the database. */
interface OwnSetting {
  name: string;
  value: string;
  /** In its database alone. */
  isLocal: boolean;
}

/** One of the tenant's logins. */
type Login = Pick<Target, 'name' | 'credential'>;
/** All of them: the one that is handed out, and those that are valid besides. */
type Logins = Login & Pick<Target, 'otherCredentials'>;

/** What limits one login. */
interface LoginLimits {
  connections: number;
  own: { name: string; value: string; isLocal: boolean }[];
}

interface OtherLogin extends LimitState, LoginLimits {
  credential: number;
}

/** The limits as they are. */
interface PostgresLimitState extends LimitState, LoginLimits {
  settings: Record<string, string>;
  /** Those of the logins that are valid besides, as far as there are any; left out by older builds. */
  others?: OtherLogin[];
}

/** What {@link STATE} finds of one login; null: there is none. */
interface FoundLimits extends Pick<PostgresLimitState, 'settings' | 'own'> {
  connections: number | null;
}

/** Of a tenant without a plan only the connections are limited, by the settings. */
export const limitsOf = (plan: Plan | undefined, connectionsMax: number): Limits => ({
  connections: plan?.postgres?.connections ?? connectionsMax,
  settings:
    plan === undefined
      ? undefined
      : Object.fromEntries(
          Object.entries(PARAMETERS).flatMap(([name, { field }]) => {
            const value = plan.postgres?.[field];
            return value === undefined ? [] : [[name, settingText(name as Parameter, value)]];
          }),
        ),
});

const STATE = `
  SELECT (SELECT rolconnlimit FROM pg_roles WHERE rolname = $2) AS connections,
         coalesce((SELECT json_object_agg(split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)) FROM pg_db_role_setting s, unnest(s.setconfig) c
                    WHERE s.setdatabase = d.oid AND s.setrole = 0 AND split_part(c, '=', 1) = ANY ($3)), '{}') AS settings,
         coalesce((SELECT json_agg(json_build_object('name', split_part(c, '=', 1), 'value', substr(c, strpos(c, '=') + 1), 'isLocal', s.setdatabase <> 0)
                                   ORDER BY s.setdatabase, c) FROM pg_db_role_setting s, unnest(s.setconfig) c
                    WHERE s.setdatabase IN (0, d.oid) AND s.setrole = (SELECT oid FROM pg_roles WHERE rolname = $2) AND split_part(c, '=', 1) = ANY ($3)), '[]') AS own
    FROM pg_database d WHERE d.datname = $1`;

/** @throws BackendFault `missing-resource` */
export async function readLimits(from: Pool | Client, target: Logins): Promise<PostgresLimitState> {
  const found = await readOf(from, target);
  const state = { ...found, connections: found.connections ?? -1 };
  const { name, otherCredentials = [] } = target;
  const others: OtherLogin[] = [];
  for (const credential of otherCredentials) {
    const { connections, own } = await readOf(from, { name, credential });
    if (connections !== null) others.push({ credential, connections, own });
  }
  return others.length === 0 ? state : { ...state, others };
}

async function readOf(from: Pool | Client, login: Login): Promise<FoundLimits> {
  const { name } = login;
  const {
    rows: [state],
  } = await from.query<FoundLimits>(STATE, [name, loginRole(login), Object.keys(PARAMETERS)]);
  if (state === undefined) throw new BackendFault('missing-resource', `PostgreSQL: there is no database ${name}`);
  return state;
}

/** Each login with its limits, the one that is handed out first. */
const loginsIn = ({ name, credential }: Login, { others = [], ...state }: PostgresLimitState) =>
  [{ credential, connections: state.connections, own: state.own }, ...others].map((it) => ({
    login: { name, ...(it.credential === undefined ? {} : { credential: it.credential }) },
    limits: it,
  }));

/** Sets the limits, and takes back what the tenant has set for its role to lift one. */
export async function setLimits(server: PostgresServer, target: Target, limits: Limits): Promise<Notes> {
  const { name, signal } = target;
  return server.inDatabase(server.home, signal, async (session) => {
    const now = await readLimits(session.client, target);
    const logins = loginsIn(target, now);
    const lifted = logins.flatMap(({ login, limits: { own } }) =>
      laxSettings(own, limits.settings ?? {}).map((setting) => ({ login, setting })),
    );
    await change(session, name, [
      ...logins.flatMap((it) => connectionsTo(it.login, it.limits, limits)),
      ...(limits.settings === undefined ? [] : settingsTo(name, now.settings, limits.settings)),
      ...lifted.map((it) => resetOwn(it.login, it.setting)),
    ]);
    return lifted.map(
      ({ login, setting: it }) =>
        `${loginRole(login)} had set ${it.name} to ${it.value} for itself, which is taken back`,
    );
  });
}

/** Sets them as they were, those included that the tenant had set for its role. */
export async function restoreLimits(
  server: PostgresServer,
  target: Target,
  before: PostgresLimitState,
): Promise<Notes> {
  const { name, signal } = target;
  return server.inDatabase(server.home, signal, async (session) => {
    const now = await readLimits(session.client, target);
    const logins = loginsIn(target, now).flatMap(({ login, limits }) => {
      const its = loginsIn(target, before).find((it) => (it.login.credential ?? 1) === (login.credential ?? 1));
      return its === undefined ? [] : [{ login, limits, before: its.limits }];
    });
    await change(session, name, [
      ...logins.flatMap((it) => connectionsTo(it.login, it.limits, it.before)),
      ...settingsTo(name, now.settings, before.settings),
      ...logins.flatMap((it) => missingIn(it.limits, it.before).map((own) => setOwn(it.login, own))),
    ]);
    return [];
  });
}

/** What it has set anew since then counts. */
const missingIn = ({ own }: LoginLimits, before: LoginLimits): OwnSetting[] =>
  before.own.filter((it) => !own.some((its) => its.name === it.name && its.isLocal === it.isLocal));

/** How they differ from what they should be. */
export async function findLimitDrift(pool: Pool, target: Logins, { connections, settings }: Limits): Promise<Drift[]> {
  const { name } = target;
  const now = await readLimits(pool, target);
  const logins = loginsIn(target, now);
  const ofRole = logins
    .filter(({ limits }) => limits.connections !== connections)
    .map(({ login, limits: { connections: has } }): Drift => ({
      what: `${loginRole(login)} may have ${has < 0 ? 'any number of connections' : `${has} connections`}, not ${connections}`,
      repair: 'limits',
    }));
  if (settings === undefined) return ofRole;
  const names = Object.keys(PARAMETERS) as Parameter[];
  return [
    ...ofRole,
    ...names
      .filter((it) => now.settings[it] !== settings[it])
      .map((it): Drift => {
        const shall = settings[it];
        return {
          what: `database ${name} has ${it} ${now.settings[it] ?? 'unset'}, should have it ${shall ?? 'unset'}`,
          repair: 'limits',
        };
      }),
    ...logins.flatMap(({ login, limits }) =>
      laxSettings(limits.own, settings).map((it): Drift => ({
        what: `${loginRole(login)} has set ${it.name} to ${it.value} for itself, beyond its plan`,
        repair: 'limits',
      })),
    ),
  ];
}

/** As one transaction: all of them, or none. */
async function change(session: Session, name: string, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await session.change(statements.join('; '), rolesOf(name));
}

const connectionsTo = (target: Login, now: Pick<Limits, 'connections'>, { connections }: Pick<Limits, 'connections'>) =>
  now.connections === connections ? [] : [`ALTER ROLE ${id(loginRole(target))} CONNECTION LIMIT ${connections}`];

/** What is so already is left alone: even to reset one takes the right to set it. */
function settingsTo(
  database: string,
  now: Readonly<Record<string, string>>,
  then: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(PARAMETERS)
    .filter((it) => now[it] !== then[it])
    .map((it) => {
      const value = then[it];
      return `ALTER DATABASE ${id(database)} ${value === undefined ? `RESET ${it}` : `SET ${it} = ${literal(value)}`}`;
    });
}

const alterOwn = (target: Login, { isLocal }: OwnSetting): string =>
  `ALTER ROLE ${id(loginRole(target))}${isLocal ? ` IN DATABASE ${id(target.name)}` : ''}`;
const resetOwn = (target: Login, own: OwnSetting): string => `${alterOwn(target, own)} RESET ${id(own.name)}`;
const setOwn = (target: Login, own: OwnSetting): string =>
  `${alterOwn(target, own)} SET ${id(own.name)} = ${literal(own.value)}`;
