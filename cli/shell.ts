/** A word in quotes, as a shell reads it back. */
export const quoted = (word: string | number | undefined): string => `'${String(word).replaceAll("'", `'\\''`)}'`;
