/** After a rotation three logins take turns: the one before, the present and the next one are never the same. */
const SUFFIXES = ['a', 'b', 'c'] as const;

/** So many versions later the same login has its turn again. */
const LOGINS_IN_TURN = SUFFIXES.length;

/** All of those that take turns. */
export const laterLogins = (prefix: string): string[] => SUFFIXES.map((it) => `${prefix}${it}`);

/** The login of a version of the credential: one of its own for the first, then those that take turns. */
export const loginOf = (version: number, first: string, later: readonly string[]): string =>
  version === 1 ? first : (later[version % LOGINS_IN_TURN] ?? '');

const isSameLogin = (one: number, other: number): boolean =>
  one === other || (one > 1 && other > 1 && one % LOGINS_IN_TURN === other % LOGINS_IN_TURN);

/**
 * The version after the highest that there ever was, whose login is none of these; undefined where all are taken. One
 * that was withdrawn leaves a gap: a number that is used again would be taken for it by whatever comes late.
 */
export const nextVersion = (last: number, taken: readonly number[]): number | undefined =>
  Array.from({ length: LOGINS_IN_TURN }, (_, at) => last + 1 + at).find((it) =>
    taken.every((other) => !isSameLogin(it, other)),
  );
