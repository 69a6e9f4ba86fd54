import type { Inspection, Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import type { KeycloakAdmin } from './admin';
import { type Claim, findBlank, isClaim } from './claim-blank';
import { findRealmByNewToken } from './find-realm';
import { TENANT_ID } from './realm';

/** Looks whose the realm of a name is. */
export class RealmIdentity {
  /** Ids that no realm has had when all were listed; none comes back under another name. */
  private readonly gone = new Set<string>();

  constructor(private readonly admin: KeycloakAdmin) {}

  async inspect(target: Target): Promise<Inspection> {
    const found = await this.inspectName(target);
    if (found.state === 'ours' || !isClaim(target)) return found;
    return (await findBlank(this.admin, target)) === undefined ? found : { state: 'ours', externalId: target.nonce };
  }

  /**
   * The name under which the realm of a claim is now; undefined where it is under neither. Checked once more for each
   * drop: where the blank one has gone meanwhile, the tenant's name may be another party's.
   */
  async findClaimed(claim: Claim): Promise<string | undefined> {
    if ((await findBlank(this.admin, claim)) !== undefined) return claim.formerName;
    return (await this.inspectName(claim)).state === 'ours' ? claim.name : undefined;
  }

  /** Under the tenant's own name alone, be it claimed or not. */
  async inspectName(target: Target): Promise<Inspection> {
    const found = await findRealmByNewToken(this.admin, target.name);
    if (found === 'hidden') return toInspectionOfHidden(target);
    if (found === 'absent') {
      await this.refuseRenamed(target);
      return { state: 'absent' };
    }
    // A pool that was restored from a backup may have given away what a tenant had claimed already.
    const owner: unknown = found.attributes?.[TENANT_ID] ?? target.tenantId;
    if (isClaim(target) && found.id === target.nonce && owner !== target.tenantId)
      return { state: 'foreign', owner: `realm ${target.name} belongs to another tenant (${String(owner)})` };
    if (found.id === target.nonce) return { state: 'ours', externalId: found.id };
    return { state: 'foreign', owner: `realm ${target.name} exists and isn't ours (its id is ${found.id})` };
  }

  /** Notes that we have seen it go. */
  noteGone({ nonce }: Target): void {
    this.gone.add(nonce);
  }

  /**
   * An administrator of the server may rename a realm: it isn't gone then, and can be recognised by its id alone.
   * Keycloak finds realms by their ids only by listing all that we may see, which is dear: so once for each realm that
   * was there and has no longer its name.
   * @throws BackendFault `changed-resource` naming what it is called now
   */
  private async refuseRenamed({ name, nonce, externalId }: Target): Promise<void> {
    if (externalId === undefined || this.gone.has(nonce)) return;
    // A token that is older than the realm would not see it under any name.
    await this.admin.renewToken();
    const all = await this.allSeen();
    const renamed = all.find(({ id }) => id === nonce);
    if (renamed !== undefined)
      throw new BackendFault(
        'changed-resource',
        `Keycloak: realm ${name} was renamed to ${renamed.realm ?? 'another name'} (its id is ${nonce}); give it its name back`,
      );
    this.gone.add(nonce);
  }

  /** All realms that we may see. An account that may see none is refused the list itself. */
  private async allSeen(): Promise<{ id?: string; realm?: string }[]> {
    try {
      return await this.admin.call(({ realms }) => realms.find({ briefRepresentation: true }));
    } catch (error) {
      if (hasCode(error, 403)) return [];
      throw error;
    }
  }
}

function toInspectionOfHidden({ name, externalId }: Target): Inspection {
  if (externalId !== undefined)
    throw new BackendFault(
      'permission',
      `Keycloak: realm ${name} was created by us, but our account may not read it any more`,
    );
  return { state: 'foreign', owner: `realm ${name} exists and isn't ours (our account has no rights over it)` };
}
