const two = (number: number) => String(number).padStart(2, '0');

/** A moment in the zone of whoever looks, as inputs of browsers write it: `2026-11-28T09:30`. */
export const localMoment = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
