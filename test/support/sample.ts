/** Whether this is the long form: FAULTS=all, as by `npm run test:faults`. */
export const IS_LONG = process.env['FAULTS'] === 'all';

/** All of them in the long form; in `npm test` those alone that stand for the others. */
export function sampleOf<T>(all: readonly T[], isInShortForm: (it: T) => boolean): T[] {
  const chosen = all.filter((it) => IS_LONG || isInShortForm(it));
  if (chosen.length === 0) throw new Error('nothing of this sample is left in the short form');
  return chosen;
}
