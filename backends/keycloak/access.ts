import type { AccessState, Target } from '../backend';
import { BackendFault } from '../failures';
import type { KeycloakAdmin, RealmRepresentation } from './admin';
import { readCutNote, readRevokedSince, withCut, withoutCut } from './cut-note';

/** The clocks of several Keycloak nodes may differ so much: tokens that one has just issued are meant as well. */
const CLOCK_TOLERANCE_S = 60;

/** What the realm was before it was cut off. */
export interface RealmAccess extends AccessState {
  isEnabled: boolean;
  notBefore: number;
}

export async function readAccess(admin: KeycloakAdmin, { name }: Target): Promise<RealmAccess> {
  const { enabled, notBefore } = await readRealm(admin, name);
  return { isEnabled: enabled !== false, notBefore: notBefore ?? 0 };
}

/**
 * A disabled realm issues and refreshes nothing, by `notBefore` it takes no token it has issued, the logout ends its
 * sessions.
 */
export async function cutRealm(admin: KeycloakAdmin, target: Target): Promise<void> {
  const { name, signal, announceCall } = target;
  signal.throwIfAborted();
  await changeRealm(admin, target, (realm) => ({ enabled: false, attributes: withCut(realm, 'pending') }));
  await announceCall();
  await admin.change(target, ({ realms }) => realms.logoutAll({ realm: name }));
  await announceCall();
  await changeRealm(admin, target, (realm) => {
    // The logout sets it to the present second by the server's clock, not by ours, but that second's own tokens would
    // go on being taken.
    if (!realm.notBefore)
      throw new BackendFault(
        'server-error',
        `Keycloak: realm ${name} has no notBefore after the logout of all sessions`,
      );
    const notBefore = realm.notBefore + CLOCK_TOLERANCE_S;
    return { enabled: false, notBefore, attributes: withCut(realm, notBefore) };
  });
}

/**
 * Gives back what `cutRealm` has cut.
 * @param realm as it was read a moment ago
 * @param before nothing where it wasn't kept: then no token that was issued before now counts
 */
export async function openRealm(
  admin: KeycloakAdmin,
  target: Target,
  realm: RealmRepresentation,
  before: RealmAccess | undefined,
): Promise<void> {
  await target.announceCall();
  await updateRealm(admin, target, realm, {
    enabled: realm.enabled === true || before?.isEnabled !== false,
    notBefore: notBeforeOnceOpen(realm, before),
    attributes: withoutCut(realm),
  });
}

function notBeforeOnceOpen(realm: RealmRepresentation, before: RealmAccess | undefined): number {
  const sinceNow = Math.min(realm.notBefore ?? 0, Math.floor(Date.now() / 1000));
  if (before === undefined) return sinceNow;
  return Math.max(before.notBefore, readCutNote(realm) === undefined ? sinceNow : readRevokedSince(realm));
}

export const accessIn = (before: AccessState | undefined): RealmAccess | undefined => {
  const { isEnabled, notBefore } = before ?? {};
  return typeof isEnabled === 'boolean' && typeof notBefore === 'number' ? { isEnabled, notBefore } : undefined;
};

/** @throws BackendFault `missing-resource` where there is none, or none that we may read */
export async function readRealm(admin: KeycloakAdmin, name: string): Promise<RealmRepresentation> {
  const realm: RealmRepresentation | null | undefined = await admin.call(({ realms }) =>
    realms.findOne({ realm: name }),
  );
  if (realm?.id === undefined)
    throw new BackendFault('missing-resource', `Keycloak: realm ${name} isn't there, or not for our account`);
  return realm;
}

async function changeRealm(
  admin: KeycloakAdmin,
  target: Target,
  changes: (realm: RealmRepresentation) => RealmRepresentation,
): Promise<void> {
  const realm = await readRealm(admin, target.name);
  // Where the read took long, the call would go out long after it was announced.
  await target.announceCall();
  await updateRealm(admin, target, realm, changes(realm));
}

/**
 * Changes some settings, and gives back as they were read those that an update does not leave alone where it leaves
 * them out: the attributes, by which those of CIBA and PAR go, and the device grant (DefaultExportImportManager,
 * updateRealm). Not all of them, as Keycloak's own console does: what is read as a default would stand there as an
 * attribute from then on.
 */
export async function updateRealm(
  admin: KeycloakAdmin,
  { name, signal }: Pick<Target, 'name' | 'signal'>,
  { attributes = {}, oauth2DeviceCodeLifespan = 600, oauth2DevicePollingInterval = 5 }: RealmRepresentation,
  changes: RealmRepresentation,
): Promise<void> {
  await admin.change({ signal }, ({ realms }) =>
    realms.update({ realm: name }, { attributes, oauth2DeviceCodeLifespan, oauth2DevicePollingInterval, ...changes }),
  );
}
