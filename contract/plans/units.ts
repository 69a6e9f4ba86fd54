import { z } from 'zod';

const MS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { kB: 1_024, MB: 1_024 ** 2, GB: 1_024 ** 3, TB: 1_024 ** 4 } as const;

/** A number with its unit, between two of these, as the number that it stands for. */
const measured = <Unit extends string>(units: Readonly<Record<Unit, number>>, least: string, most: string) => {
  const names = Object.keys(units);
  const form = new RegExp(`^([1-9][0-9]{0,8})(${names.join('|')})$`);
  const valueOf = (text: string): number => {
    const [, number = '', unit = ''] = form.exec(text) ?? [];
    return Number(number) * units[unit as Unit];
  };
  const [min, max] = [valueOf(least), valueOf(most)];
  const error = `must be a whole number with ${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}, ${least} to ${most}`;
  // What is no text at all is told the form as well.
  const isFit = (given: unknown) => typeof given === 'string' && valueOf(given) >= min && valueOf(given) <= max;
  return z
    .unknown()
    .refine(isFit, { error })
    .transform((given) => valueOf(String(given)));
};

/** A time, such as `30s`, in ms. */
export const duration = (least: string, most: string) => measured(MS, least, most);

/** A size, such as `64MB`, in bytes; a kB has 1,024. */
export const size = (least: string, most: string) => measured(BYTES, least, most);

/** A whole number. */
export const count = (least: number, most: number) => {
  const error = `must be a whole number, ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
