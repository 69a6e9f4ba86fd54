// Words of command lines that people paste into a POSIX shell.

/** Characters that no shell gives a meaning of their own, wherever they stand. */
const PLAIN = /^[\w./:@%+=-]+$/;

/** A word in single quotes: whatever is in it is only text. */
export const quoteShell = (word: string | number): string => `'${String(word).replaceAll("'", `'\\''`)}'`;

/** A word as it is where a shell reads it back unchanged, else in quotes. */
export const quoteShellIfNeeded = (word: string): string => (PLAIN.test(word) ? word : quoteShell(word));
