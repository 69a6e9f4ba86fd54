import type { Inspection, Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import type { KeycloakAdmin } from './admin';
import { type Claim, findBlank, isClaim } from './claim-blank';
import { TENANT_ID } from './realm';

/** A realm as our account sees it: by its id, or that there is something it may not see. */
export type RealmSeen = { id: string; tenantId?: string } | 'absent' | 'hidden';

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
   * The name under which the realm of a claim is now; undefined where it is under neither. Checked once more for each drop: where the
   * blank one has gone meanwhile, the tenant's name may be another party's.
   */
  async findClaimed(claim: Claim): Promise<string | undefined> {
    if ((await findBlank(this.admin, claim)) !== undefined) return claim.formerName;
    return (await this.inspectName(claim)).state === 'ours' ? claim.name : undefined;
  }

  /** Under the tenant's own name alone, be it claimed or not. */
  async inspectName(target: Target): Promise<Inspection> {
    const first = await this.findRealm(target.name);
    // Hidden from a token that is older than the realm, or from us for good: only a new token shows which.
    if (first === 'hidden') await this.admin.renewToken();
    const found = first === 'hidden' ? await this.findRealm(target.name) : first;
    if (found === 'hidden') return toInspectionOfHidden(target);
    if (found === 'absent') {
      await this.refuseRenamed(target);
      return { state: 'absent' };
    }
    // A pool that was restored from a backup may have given away what a tenant had claimed already.
    if (
      isClaim(target) &&
      found.id === target.nonce &&
      found.tenantId !== undefined &&
      found.tenantId !== target.tenantId
    )
      return { state: 'foreign', owner: `realm ${target.name} belongs to another tenant (${found.tenantId})` };
    if (found.id === target.nonce) return { state: 'ours', externalId: found.id };
    return { state: 'foreign', owner: `realm ${target.name} exists and isn't ours (its id is ${found.id})` };
  }

  async findRealm(name: string): Promise<RealmSeen> {
    try {
      const realm = await this.admin.call(({ realms }) => realms.findOne({ realm: name }));
      // findOne gives null for 404, contrary to its type.
      if (realm === undefined || realm === null) return 'absent';
      return realm.id === undefined ? 'hidden' : { id: realm.id, tenantId: realm.attributes?.[TENANT_ID] };
    } catch (error) {
      if (hasCode(error, 403)) return 'hidden';
      throw error;
    }
  }

  /** Notes that we have seen it go. */
  noteGone({ nonce }: Target): void {
    this.gone.add(nonce);
  }

  /**
   * An administrator of the server may rename a realm: it isn't gone then, and can be recognised by its id alone. Keycloak finds realms
   * by their ids only by listing all that we may see, which is dear: so once for each realm that was there and has no longer its name.
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
