/** After a rotation three logins take turns: the one before, the present and the next one are never the same. */
const SUFFIXES = ['a', 'b', 'c'] as const;

/** So many versions later the same login has its turn again. */
export const LOGINS_IN_TURN = SUFFIXES.length;

/** All of those that take turns. */
export const laterLogins = (prefix: string): string[] => SUFFIXES.map((it) => `${prefix}${it}`);

/** The login of a version of the credential: one of its own for the first, then those that take turns. */
export const loginOf = (version: number, first: string, later: readonly string[]): string =>
  version === 1 ? first : (later[version % LOGINS_IN_TURN] ?? '');
