/** A word in quotes, as a shell reads it back. */
export const quoteShell = (word: string | number | undefined): string => `'${String(word).replaceAll("'", `'\\''`)}'`;
