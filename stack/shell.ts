import { stackDir } from './project';

/** A word as a shell reads it back, quoted where it has to be: folders may have spaces in their names. */
export const quoteShell = (word: string): string =>
  /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** What ends everything in a folder, ready to paste. */
export const stopCommand = (dir: string): string =>
  `npm run stack:stop${dir === stackDir() ? '' : ` -- --dir ${quoteShell(dir)}`}`;
