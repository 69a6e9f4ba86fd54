import { colours as pc } from '@freeflow/lib/colours';

/** A name and its value. */
export type Fact = [name: string, value: string];

const NAME_WIDTH = 14;

export const toLine = ([name, value]: Fact): string => `${pc.dim(name.padEnd(NAME_WIDTH))} ${value}`;

/** A fact there may be none of. */
export const optional = <T>(name: string, value: T | null, toText: (value: T) => string): Fact[] =>
  value === null ? [] : [[name, toText(value)]];
