/** What a worker's session that holds locks is called at the server; `@` and the host follow, for people. */
export const LOCK_SESSION = 'freeflow-lock';

/**
 * What such a session is known by at the server: an advisory lock of two numbers, the second its own. A process id
 * alone is not enough: the server, or a pooler, may have given it to another session by now.
 */
export const IDENTITY_CLASS = 1_179_995_219;

/** The same, shared by all processes that seal secrets by one key: the second number is of that key. */
export const SEALING_CLASS = IDENTITY_CLASS + 2;

/** The first 32 bits of a key's id, as PostgreSQL counts: two keys of one installation do not have them in common. */
export const sealingNumberOf = (keyId: string): number => Number.parseInt(keyId.slice(0, 8), 16) | 0;
