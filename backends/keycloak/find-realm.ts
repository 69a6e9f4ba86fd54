import { hasCode } from '../failures';
import type { KeycloakAdmin, RealmRepresentation } from './admin';

/** A realm as our account sees it, or that there is something it may not see. */
export type FoundRealm = (RealmRepresentation & { id: string }) | 'absent' | 'hidden';

/** The realm of a name, by the token that we have: one that is older than the realm hides it. */
export async function findRealm(admin: KeycloakAdmin, name: string): Promise<FoundRealm> {
  try {
    const realm = await admin.call(({ realms }) => realms.findOne({ realm: name }));
    // findOne gives null for 404, contrary to its type.
    if (realm === undefined || realm === null) return 'absent';
    const { id } = realm;
    return id === undefined ? 'hidden' : { ...realm, id };
  } catch (error) {
    if (hasCode(error, 403)) return 'hidden';
    throw error;
  }
}

/** The same, where it is hidden by a new token as well: only that shows whether it is hidden from us for good. */
export async function findRealmByNewToken(admin: KeycloakAdmin, name: string): Promise<FoundRealm> {
  const seen = await findRealm(admin, name);
  if (seen !== 'hidden') return seen;
  await admin.renewToken();
  return findRealm(admin, name);
}
