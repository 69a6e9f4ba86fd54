import type { Drift } from '../backend';
import { loginRefusal } from './probe';
import type { realmRepresentation } from './realm';
import type { ServiceAccount } from './token';

/** What only an administrator of the server can change in a tenant's realm. */
const SETTINGS = ['sslRequired', 'registrationAllowed', 'bruteForceProtected'] as const;

type Created = ReturnType<typeof realmRepresentation>;
type Realm = { [K in (typeof SETTINGS)[number] | 'enabled']?: unknown };

/** How the realm differs from the one that was made. */
export async function findKeycloakDrift(
  realm: Realm,
  made: Created,
  state: 'present' | 'disabled',
  asTenant: ServiceAccount,
  surplus: readonly string[],
): Promise<Drift[]> {
  const shall = state === 'present';
  return [
    ...(realm.enabled === shall
      ? []
      : [
          {
            what: `realm ${asTenant.realm} is ${realm.enabled === true ? 'enabled' : 'disabled'}`,
            repair: 'access' as const,
          },
        ]),
    ...SETTINGS.filter((it) => realm[it] !== made[it]).map((it) => ({
      what: `${it} is ${String(realm[it])}, was created as ${String(made[it])}`,
    })),
    ...(realm.enabled !== true || !shall || (await loginRefusal(asTenant)) === undefined
      ? []
      : [{ what: `the stored secret of client ${asTenant.clientId} is refused` }]),
    ...surplus.map((it) => ({ what: `client ${it} is enabled, and belongs to no credential of the ledger` })),
  ];
}
