import type { Drift, Notes, OnFile, PlannedFile } from '../../backend';
import { applyEach, driftOf, jsonIn, mendAll, type Difference, type Refusals } from '../../blueprint';
import { BackendFault } from '../../failures';
import { findRealmByNewToken } from '../find-realm';
import { clientDifferences, clientScopeDifferences } from './clients';
import { realmForm } from './form';
import type { RealmScope } from './scope';
import { roleDifferences, settingDifferences } from './settings';

/** Refused as it stands: 409 is a name that differs by what Keycloak does not tell apart. */
const REFUSALS: Refusals = { server: 'Keycloak', codes: [400, 409] };

type Given = Pick<RealmScope, 'admin' | 'target' | 'smtpPassword'>;

/** In this order, since clients name scopes. */
const FINDERS = [roleDifferences, clientScopeDifferences, clientDifferences, settingDifferences];

/**
 * Gives the realm the roles, scopes, clients and settings of the file. What has that name is made what the file says;
 * nothing else of the realm is touched.
 */
export const applyBlueprint = (given: Given, files: readonly PlannedFile[], onFile: OnFile): Promise<Notes> =>
  applyEach(files, onFile, async (file) => {
    const scope = await openScope(given, file);
    const notes: string[] = [];
    for (const find of FINDERS) notes.push(...(await mendAll(given.target, file.path, await find(scope), REFUSALS)));
    return notes;
  });

export const findBlueprintDrift = (given: Given, files: readonly PlannedFile[]): Promise<Drift[]> =>
  driftOf(files, async (file) => {
    const scope = await openScope(given, file);
    const found: Difference[] = [];
    for (const find of FINDERS) found.push(...(await find(scope)));
    return found;
  });

/** A token that is older than the realm has no rights over it. */
async function openScope(given: Given, file: PlannedFile): Promise<RealmScope> {
  const { admin, target } = given;
  const realm = await findRealmByNewToken(admin, target.name);
  if (realm === 'absent' || realm === 'hidden' || realm.id !== target.nonce)
    throw new BackendFault('missing-resource', `Keycloak: realm ${target.name} isn't there, or isn't the tenant's`);
  return { ...given, realm, form: jsonIn(file, realmForm) };
}
