import { splitLabel } from '@freeflow/contract/http';

/** Labels as the API has them, of `key:value`; of one key the last counts. */
export const labelsOf = (texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(texts.map((it) => splitLabel(it)));

export const labelTexts = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels).map(([key, value]) => `${key}:${value}`);

/** What a patch has to say so that these become all labels: those that are no more are null. */
export const labelsPatch = (
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Record<string, string | null> => ({
  ...Object.fromEntries(Object.keys(before).map((key) => [key, null])),
  ...after,
});
