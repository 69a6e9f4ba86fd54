import { createHash } from 'node:crypto';
import type { Blank, Pool } from '../backend';
import { newPassword } from '../passwords';
import type { KeycloakAdmin } from './admin';
import { blankRepresentation } from './realm';
import type { RealmKeys } from './realm-keys';

const CHECKSUM_DIGITS = 16;

/** Blank realms: to make one takes many times as long as to make it a tenant's. */
export const realmPool = (admin: KeycloakAdmin, size: number, keys: RealmKeys): Pool => ({
  size,
  template: checksumOf(blankRepresentation({ name: '', nonce: '' }, '', keys)),
  make: (blank) => makeBlank(admin, blank, keys),
});

const checksumOf = (template: object): string =>
  createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, CHECKSUM_DIGITS);

async function makeBlank(admin: KeycloakAdmin, blank: Blank, keys: RealmKeys): Promise<void> {
  blank.signal.throwIfAborted();
  await admin.change(blank, ({ realms }) => realms.create(blankRepresentation(blank, newPassword(), keys)));
}
