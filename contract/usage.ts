import type { BackendKind } from './backends';

/** What is measured of a tenant, in what unit. */
export const MEASURES = {
  size: { title: 'size', unit: 'bytes' },
  objects: { title: 'documents', unit: 'count' },
  points: { title: 'points', unit: 'count' },
  connections: { title: 'connections', unit: 'count' },
  users: { title: 'users', unit: 'count' },
} as const satisfies Record<string, { title: string; unit: 'bytes' | 'count' }>;

export type Measure = keyof typeof MEASURES;

/**
 * What is measured at each backend. A plan calls its limit of it the same; whether the server holds that by itself, or
 * it is reported alone.
 */
export const MEASURED = {
  postgres: { size: 'reported', connections: 'limited' },
  mongodb: { size: 'reported', objects: 'reported', connections: 'reported' },
  qdrant: { points: 'limited' },
  keycloak: { users: 'reported' },
} as const satisfies Record<BackendKind, Partial<Record<Measure, 'limited' | 'reported'>>>;

/** How much a tenant uses of a backend. */
export type Usage = Readonly<Partial<Record<Measure, number>>>;

/** At these percents of a limit it is told, once each time they are reached. */
export const USAGE_LEVELS = [80, 100] as const;

/** Below a level by so many percents it has been left: what moves to and fro around it is told once. */
const LEFT_BELOW = 5;

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** What was measured, for people: `12 MB`, or the number itself. */
export function measuredText(measure: Measure, value: number): string {
  if (MEASURES[measure].unit === 'count') return String(value);
  const power = Math.min(SIZES.length - 1, Math.max(0, Math.floor(Math.log(Math.max(1, value)) / Math.log(1_024))));
  const scaled = value / 1_024 ** power;
  return `${scaled >= 10 || power === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${SIZES[power] ?? ''}`;
}

/** How much of a limit is used, in whole percents, rounded down: 100 is all of it. */
export const percentOf = (value: number, limit: number): number => Math.floor((value / limit) * 100);

/** The level that is reached, 0 where none is. @param before the level by the last measuring */
export function levelOf(percent: number, before: number): number {
  const reached = USAGE_LEVELS.filter((it) => percent >= it || (before >= it && percent >= it - LEFT_BELOW));
  return reached.at(-1) ?? 0;
}
