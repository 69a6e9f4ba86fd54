import type { AccessState, Target } from './backend';
import { BackendFault, hasCode } from './failures';
import type { KeycloakAdmin, RealmRepresentation } from './keycloak-admin';

/**
 * While a realm is cut off no token counts, whenever it was issued: the last second that Keycloak can hold. Nobody else sets this
 * one, so what is found instead of it somebody has set meanwhile, as by "revoke all".
 */
const NEVER = 2 ** 31 - 1;

/** What the realm was before it was cut off. */
export interface RealmAccess extends AccessState {
  isEnabled: boolean;
  notBefore: number;
}

export async function readAccess(admin: KeycloakAdmin, { name }: Target): Promise<RealmAccess> {
  const { enabled, notBefore } = await readRealm(admin, name);
  return { isEnabled: enabled !== false, notBefore: notBefore ?? 0 };
}

/** A disabled realm issues and refreshes nothing, by `notBefore` it takes no token it has issued, the logout ends its sessions. */
export async function cutRealm(admin: KeycloakAdmin, { name, signal, announceCall }: Target): Promise<void> {
  signal.throwIfAborted();
  await changeRealm(admin, name, () => ({ enabled: false, notBefore: NEVER }));
  await announceCall();
  await admin.call(({ realms }) => realms.logoutAll({ realm: name }));
  // The logout has set it to the present second.
  await announceCall();
  await changeRealm(admin, name, () => ({ enabled: false, notBefore: NEVER }));
}

/**
 * Gives back what `cutRealm` has cut.
 * @param before nothing where it wasn't kept: then no token that was issued before now counts
 */
export async function openRealm(admin: KeycloakAdmin, { name, announceCall }: Target, before: RealmAccess | undefined): Promise<void> {
  await announceCall();
  await changeRealm(admin, name, ({ enabled, notBefore = 0 }) => ({ enabled: enabled === true || before?.isEnabled !== false, notBefore: notBeforeOnceOpen(notBefore, before) }));
}

function notBeforeOnceOpen(found: number, before: RealmAccess | undefined): number {
  if (before === undefined) return Math.min(found, Math.floor(Date.now() / 1000));
  // Raised by somebody while it was cut off: what was revoked then stays so.
  return found === NEVER ? before.notBefore : Math.max(found, before.notBefore);
}

export const accessIn = (before: AccessState | undefined): RealmAccess | undefined => {
  const { isEnabled, notBefore } = before ?? {};
  return typeof isEnabled === 'boolean' && typeof notBefore === 'number' ? { isEnabled, notBefore } : undefined;
};

/** @throws BackendFault `missing-resource` where there is none, or none that we may read */
export async function readRealm(admin: KeycloakAdmin, name: string): Promise<RealmRepresentation> {
  const realm: RealmRepresentation | null | undefined = await admin.call(({ realms }) => realms.findOne({ realm: name }));
  if (realm?.id === undefined) throw new BackendFault('missing-resource', `Keycloak: realm ${name} isn't there, or not for our account`);
  return realm;
}

/**
 * Changes some settings and gives back all others as they were read, as Keycloak's own console does: what an update leaves out isn't
 * always left alone. Settings of CIBA, PAR and the device grant become their defaults then (DefaultExportImportManager, updateRealm).
 * Those of mail are left alone indeed, and are read without their secrets.
 */
async function changeRealm(admin: KeycloakAdmin, name: string, changes: (realm: RealmRepresentation) => Pick<RealmRepresentation, 'enabled' | 'notBefore'>): Promise<void> {
  const { smtpServer: _secret, ...realm } = await readRealm(admin, name);
  const update = (settings: RealmRepresentation) => admin.call(({ realms }) => realms.update({ realm: name }, { ...settings, ...changes(realm) }));
  await update(realm).catch((error: unknown) => {
    if (!hasCode(error, 400)) throw error;
    // What an older version has let in this one may refuse, and nothing about a realm may keep it from being cut off.
    const { attributes = {}, oauth2DeviceCodeLifespan = 600, oauth2DevicePollingInterval = 5 } = realm;
    return update({ attributes, oauth2DeviceCodeLifespan, oauth2DevicePollingInterval });
  });
}
