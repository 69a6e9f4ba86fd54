import type { RealmRepresentation } from './admin';

/** An attribute that a realm has while it is cut off. Only an administrator of the server could change it. */
const CUT = 'freeflow.cutOff';

interface Cut {
  /**
   * The `notBefore` that we have set, or that the logout of all is about to set. A different value was set by another
   * party.
   */
  notBefore: number | 'pending';
  /** The last `notBefore` that another party has set since, as by "revoke all"; 0 where none has. */
  revoked: number;
}

/** Reads the note that a realm carries while it is cut off by us; undefined where it has none. */
export function readCutNote({ attributes }: RealmRepresentation): Cut | undefined {
  const [, notBefore, revoked] = /^(pending|\d+)\/(\d+)$/.exec(String(attributes?.[CUT] ?? '')) ?? [];
  return notBefore === undefined
    ? undefined
    : { notBefore: notBefore === 'pending' ? notBefore : Number(notBefore), revoked: Number(revoked) };
}

/** Up to when another party revoked tokens while the realm was cut off; 0 where none were revoked. */
export function readRevokedSince(realm: RealmRepresentation): number {
  const cut = readCutNote(realm);
  const { notBefore: found = 0 } = realm;
  if (cut === undefined) return 0;
  return cut.notBefore === 'pending' || cut.notBefore === found ? cut.revoked : Math.max(cut.revoked, found);
}

export const withCut = (realm: RealmRepresentation, notBefore: Cut['notBefore']): Record<string, string> => ({
  ...realm.attributes,
  [CUT]: `${notBefore}/${readRevokedSince(realm)}`,
});

export function withoutCut({ attributes = {} }: RealmRepresentation): Record<string, string> {
  const { [CUT]: _cut, ...others } = attributes as Record<string, string>;
  return others;
}
