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

/** Whose limits they are: those of the login that is handed out. */
type Login = Pick<Target, 'name' | 'credential'>;

/** The limits as they are. */
interface PostgresLimitState extends LimitState {
  connections: number;
  settings: Record<string, string>;
  own: { name: string; value: string; isLocal: boolean }[];
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
  SELECT coalesce((SELECT rolconnlimit FROM pg_roles WHERE rolname = $2), -1) AS connections,
         coalesce((SELECT json_object_agg(split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)) FROM pg_db_role_setting s, unnest(s.setconfig) c
                    WHERE s.setdatabase = d.oid AND s.setrole = 0 AND split_part(c, '=', 1) = ANY ($3)), '{}') AS settings,
         coalesce((SELECT json_agg(json_build_object('name', split_part(c, '=', 1), 'value', substr(c, strpos(c, '=') + 1), 'isLocal', s.setdatabase <> 0)
                                   ORDER BY s.setdatabase, c) FROM pg_db_role_setting s, unnest(s.setconfig) c
                    WHERE s.setdatabase IN (0, d.oid) AND s.setrole = (SELECT oid FROM pg_roles WHERE rolname = $2) AND split_part(c, '=', 1) = ANY ($3)), '[]') AS own
    FROM pg_database d WHERE d.datname = $1`;

/** @throws BackendFault `missing-resource` */
export async function readLimits(from: Pool | Client, target: Login): Promise<PostgresLimitState> {
  const { name } = target;
  const {
    rows: [state],
  } = await from.query<PostgresLimitState>(STATE, [name, loginRole(target), Object.keys(PARAMETERS)]);
  if (state === undefined) throw new BackendFault('missing-resource', `PostgreSQL: there is no database ${name}`);
  return state;
}

/** Sets the limits, and takes back what the tenant has set for its role to lift one. */
export async function setLimits(server: PostgresServer, target: Target, limits: Limits): Promise<Notes> {
  const { name, signal } = target;
  return server.inDatabase(server.home, signal, async (session) => {
    const now = await readLimits(session.client, target);
    const lifted = laxSettings(now.own, limits.settings ?? {});
    await change(session, name, [
      ...connectionsTo(target, now, limits),
      ...(limits.settings === undefined ? [] : settingsTo(name, now.settings, limits.settings)),
      ...lifted.map((it) => resetOwn(target, it)),
    ]);
    return lifted.map((it) => `${loginRole(target)} had set ${it.name} to ${it.value} for itself, which is taken back`);
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
    const isSet = (it: OwnSetting) => now.own.some((its) => its.name === it.name && its.isLocal === it.isLocal);
    await change(session, name, [
      ...connectionsTo(target, now, before),
      ...settingsTo(name, now.settings, before.settings),
      // What it has set anew since then counts.
      ...before.own.filter((it) => !isSet(it)).map((it) => setOwn(target, it)),
    ]);
    return [];
  });
}

/** How they differ from what they should be. */
export async function findLimitDrift(pool: Pool, target: Login, { connections, settings }: Limits): Promise<Drift[]> {
  const { name } = target;
  const now = await readLimits(pool, target);
  const ofRole: Drift[] =
    now.connections === connections
      ? []
      : [
          {
            what: `${loginRole(target)} may have ${now.connections < 0 ? 'any number of connections' : `${now.connections} connections`}, not ${connections}`,
            repair: 'limits',
          },
        ];
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
    ...laxSettings(now.own, settings).map((it): Drift => ({
      what: `${loginRole(target)} has set ${it.name} to ${it.value} for itself, beyond its plan`,
      repair: 'limits',
    })),
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
