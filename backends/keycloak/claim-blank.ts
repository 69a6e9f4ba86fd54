import type { Secrets, Target } from '../backend';
import { classifyBy } from '../failure-codes';
import { BackendFault, hasCode, isUnanswered } from '../failures';
import { updateRealm } from './access';
import type { KeycloakAdmin, RealmRepresentation } from './admin';
import { FAILURE_CODES } from './failure-codes';
import { findRealmByNewToken } from './find-realm';
import { limitSettings } from './limits';
import { adminCredential, clientRepresentation, defaultRoleOf, partIds, tenantSettings } from './realm';

const NOT_FOUND = 404;
const CONFLICT = 409;

/** The target of a create that has claimed a blank realm. */
export type Claim = Target & { formerName: string };

export const isClaim = (target: Target): target is Claim => target.formerName !== undefined;

/**
 * Makes the blank realm of a former name its tenant's. It is renamed and opened last and in one call: under the
 * tenant's name a realm is complete, or there is none. All before that may be repeated.
 * @returns whether it did; false where no realm of ours has the former name any more, by an earlier call of ours or
 * since it is gone, and where another realm has the new one
 */
export async function claimBlank(admin: KeycloakAdmin, claim: Claim, secrets: Secrets): Promise<boolean> {
  const blank = await findBlank(admin, claim);
  if (blank === undefined) return false;
  claim.signal.throwIfAborted();
  await claim.announceCall();
  try {
    await fillBlank(admin, claim, blank, secrets);
    await claim.announceCall();
    await renameBlank(admin, claim, blank);
    return true;
  } catch (error) {
    if (hasCode(error, CONFLICT)) return false;
    if (!hasCode(error, NOT_FOUND)) throw error;
    await dropIncomplete(admin, claim);
    return false;
  }
}

/** @throws BackendFault `permission` where it can't be read: it was made by us, so something has changed since */
export async function findBlank(admin: KeycloakAdmin, claim: Claim): Promise<RealmRepresentation | undefined> {
  const { formerName, nonce } = claim;
  // Hidden from a token that is older than the realm, as one that another worker has made.
  const found = await findRealmByNewToken(admin, formerName);
  if (found === 'hidden')
    throw new BackendFault(
      'permission',
      `Keycloak: our account may not read the realm ${formerName} of the pool any more`,
    );
  return found !== 'absent' && found.id === nonce ? found : undefined;
}

/**
 * What depends on the tenant. Side by side: each is independent of the others, and Keycloak takes its time for the
 * password.
 */
async function fillBlank(
  admin: KeycloakAdmin,
  claim: Claim,
  { defaultRole = {} }: RealmRepresentation,
  secrets: Secrets,
): Promise<void> {
  const { formerName: realm, name, nonce } = claim;
  const ids = partIds(nonce);
  const outcomes = await Promise.allSettled([
    admin.change(claim, ({ roles }) =>
      roles.updateById({ realm, id: defaultRole.id ?? '' }, { ...defaultRole, name: defaultRoleOf(name) }),
    ),
    admin.change(claim, ({ clients }) =>
      clients.update({ realm, id: ids.client }, clientRepresentation(claim, secrets)),
    ),
    admin.change(claim, ({ users }) =>
      users.resetPassword({ realm, id: ids.admin, credential: adminCredential(secrets) }),
    ),
  ]);
  const errors = outcomes.flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : []));
  // One without an answer counts before one with: it may still take effect.
  const worst = errors.find(hasNoAnswer) ?? errors[0];
  if (worst !== undefined) throw worst;
}

const hasNoAnswer = (error: unknown): boolean => isUnanswered(classifyBy(FAILURE_CODES, 'keycloak', error));

async function renameBlank(admin: KeycloakAdmin, claim: Claim, blank: RealmRepresentation): Promise<void> {
  const settings = { ...tenantSettings(claim), ...limitSettings(claim.plan) };
  const attributes = { ...blank.attributes, ...settings.attributes };
  await updateRealm(admin, { name: claim.formerName, signal: claim.signal }, blank, { ...settings, attributes });
}

/**
 * A part of it was removed by an administrator of the server, if it is still there: it can't become what a tenant is
 * given.
 */
async function dropIncomplete(admin: KeycloakAdmin, claim: Claim): Promise<void> {
  if ((await findBlank(admin, claim)) === undefined) return;
  await claim.announceCall();
  await admin
    .change(claim, ({ realms }) => realms.del({ realm: claim.formerName }))
    .catch((error: unknown) => {
      if (!hasCode(error, NOT_FOUND)) throw error;
    });
}
