import type { TenantBody } from '@freeflow/contract/http';
import type { Result } from './carry-out';
import { isLeaving } from './plan-entry';

/** Ends the work on one tenant, with how and why. */
export class Stop extends Error {
  override readonly name = 'Stop';

  constructor(
    readonly outcome: Result['outcome'],
    message: string,
  ) {
    super(message);
  }
}

/** Somebody else was faster. @param what has changed: fields, or what has become of it */
export const changedSince = (what: readonly string[]): Stop =>
  new Stop(
    'changed-since',
    `changed since it was planned (${what.join(', ')}). Nothing was overwritten; apply again to see what is left.`,
  );

/** @throws Stop where the tenant is deleted, softly or for good, or is being */
export function assertStays(now: TenantBody): void {
  if (isLeaving(now)) throw changedSince([now.goneAt === null ? 'it is deleted, or is being' : 'it is gone']);
}
