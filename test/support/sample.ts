import path from 'node:path';
import { projectRoot } from '../../stack/project';

/** Whether this is the long form: FAULTS=all, as by `npm run test:faults`. */
export const IS_LONG = process.env['FAULTS'] === 'all';

const isAnyLong = IS_LONG || process.env['CHAOS'] === 'all';

/** All of them in the long form; in the short form those alone that stand for the others. */
export function sampleOf<T>(all: readonly T[], isInShortForm: (it: T) => boolean): T[] {
  const chosen = all.filter((it) => IS_LONG || isInShortForm(it));
  if (chosen.length === 0) throw new Error('nothing of this sample is left in the short form');
  return chosen;
}

/**
 * A setting of all test workers: of a tenant's second and a half of computing, a quarter are two RSA keys. In the short
 * form realms have those where a suite asks for them, as those of a tenant's whole life, of the pool, and of the
 * attacks on neighbours do.
 */
export const TEST_REALM_KEYS: Readonly<Record<string, string>> = isAnyLong ? {} : { KEYCLOAK_REALM_KEYS: 'EC' };

/** A setting of a worker: what realms have where nothing else is said. */
export const DEFAULT_REALM_KEYS = { KEYCLOAK_REALM_KEYS: 'RSA' };

/**
 * A setting of the worker: an unanswered call to Keycloak is waited for a minute, which tells no more than the third of
 * one that a call may take here in the short form. On a busy machine none takes longer.
 */
export const QUICK_KEYCLOAK: Readonly<Record<string, string>> = isAnyLong ? {} : { KEYCLOAK_CALL_TIMEOUT_MS: '20000' };

/** A setting of the worker: new tenants begin with what the example of a blueprint says. */
export const EXAMPLE_BLUEPRINT = { BLUEPRINT_DIR: path.join(projectRoot(), 'deploy', 'blueprint') };
