import { isDeepStrictEqual } from 'node:util';

/** Whether all that is wanted is there; lists in any order. What else is there, the server or the tenant has added. */
export function isWithin(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(found) && isDeepStrictEqual(new Set<unknown>(wanted), new Set<unknown>(found));
  if (typeof wanted !== 'object' || wanted === null) return wanted === found;
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(wanted).every(([key, value]) => isWithin(value, (found as Record<string, unknown>)[key]));
}
