/** Numbers that look like chance and are the same for the same seed. */
export interface Random {
  /** From 0, below `end`. */
  below(end: number): number;
  oneOf<T>(all: readonly T[]): T;
}

/** mulberry32: short, and good enough to plan by. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    below,
    oneOf: (all) => {
      const one = all[below(all.length)];
      if (one === undefined) throw new Error('one of nothing');
      return one;
    },
  };
}
