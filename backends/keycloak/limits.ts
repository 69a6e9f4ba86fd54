import type { Plan, PlanSection } from '@freeflow/contract/plans';
import type { Drift, LimitState, Notes, Target } from '../backend';
import { readRealm, updateRealm } from './access';
import type { KeycloakAdmin, RealmRepresentation } from './admin';

interface Row {
  /** What a plan calls it. */
  field: Exclude<keyof PlanSection<'keycloak'>, 'users'>;
  /** As Keycloak makes a realm that says nothing of it, in seconds. */
  without: number;
}

/**
 * How long what the realm gives out is valid. The tenant's administrators lack `manage-realm`, by which alone these can
 * be changed: https://www.keycloak.org/docs/latest/server_admin/#_timeouts
 */
const LIFESPANS = {
  accessTokenLifespan: { field: 'accessToken', without: 300 },
  ssoSessionIdleTimeout: { field: 'sessionIdle', without: 1_800 },
  ssoSessionMaxLifespan: { field: 'sessionMax', without: 36_000 },
  offlineSessionIdleTimeout: { field: 'offlineSessionIdle', without: 2_592_000 },
  offlineSessionMaxLifespan: { field: 'offlineSessionMax', without: 5_184_000 },
} as const satisfies Partial<Record<keyof RealmRepresentation, Row>>;

type Lifespan = keyof typeof LIFESPANS;

/** The times of a realm; with the last of them, whether it counts. */
export type Lifespans = Record<Lifespan, number> & { offlineSessionMaxLifespanEnabled: boolean };

const NAMES = Object.keys(LIFESPANS) as Lifespan[];

/** By a plan; what it leaves out, or all of it without one, is as Keycloak has it by itself. */
export function lifespansOf(plan: Plan | undefined): Lifespans {
  const seconds = NAMES.map((it) => {
    const { field, without } = LIFESPANS[it];
    const ms = plan?.keycloak?.[field];
    return [it, ms === undefined ? without : Math.ceil(ms / 1_000)];
  });
  return {
    ...(Object.fromEntries(seconds) as Record<Lifespan, number>),
    offlineSessionMaxLifespanEnabled: plan?.keycloak?.offlineSessionMax !== undefined,
  };
}

/** What a realm that is made is given besides; nothing without a plan. */
export const limitSettings = (plan: Plan | undefined): Partial<Lifespans> =>
  plan === undefined ? {} : lifespansOf(plan);

export const lifespansIn = (realm: RealmRepresentation): Lifespans & LimitState => ({
  ...(Object.fromEntries(NAMES.map((it) => [it, realm[it] ?? LIFESPANS[it].without])) as Record<Lifespan, number>),
  offlineSessionMaxLifespanEnabled: realm.offlineSessionMaxLifespanEnabled === true,
});

export async function setLifespans(admin: KeycloakAdmin, target: Target, shall: Lifespans): Promise<Notes> {
  const realm = await readRealm(admin, target.name);
  // Where the read took long, the call would go out long after it was announced.
  await target.announceCall();
  await updateRealm(admin, target, realm, shall);
  return [];
}

/** A client may have a time of its own for its access tokens, which the tenant's administrators may set. */
const OF_CLIENT = 'access.token.lifespan';
const CLIENTS_MAX = 500;

/** How they differ from what the plan says; nothing without one. */
export async function findLimitDrift(
  admin: KeycloakAdmin,
  name: string,
  realm: RealmRepresentation,
  plan: Plan | undefined,
): Promise<Drift[]> {
  if (plan === undefined) return [];
  const [has, shall] = [lifespansIn(realm), lifespansOf(plan)];
  const fields = [...NAMES, 'offlineSessionMaxLifespanEnabled'] as const;
  const ofRealm = fields
    // One that does not count may be any.
    .filter((it) => it !== 'offlineSessionMaxLifespan' || shall.offlineSessionMaxLifespanEnabled)
    .filter((it) => has[it] !== shall[it])
    .map((it): Drift => ({ what: `${it} is ${String(has[it])}, by its plan ${String(shall[it])}`, repair: 'limits' }));
  return [...ofRealm, ...(await findLaxClients(admin, name, plan.keycloak?.accessToken))];
}

/** To be looked at by a person: it is the tenant's own client. */
async function findLaxClients(admin: KeycloakAdmin, realm: string, limitMs: number | undefined): Promise<Drift[]> {
  if (limitMs === undefined) return [];
  const clients = await admin.call((it) => it.clients.find({ realm, max: CLIENTS_MAX }));
  return clients.flatMap(({ clientId = '', attributes }) => {
    const seconds = Number((attributes as Record<string, unknown> | undefined)?.[OF_CLIENT] ?? 0);
    return seconds * 1_000 > limitMs
      ? [{ what: `access tokens of client ${clientId} are valid for ${seconds} s, beyond its plan` }]
      : [];
  });
}
