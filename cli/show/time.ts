/** A duration for people: `348 ms`, `12.3 s`, `4 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** How long ago a moment was, in its largest whole unit: `3 h`. */
export function age(iso: string, now = Date.now()): string {
  const ms = Math.max(0, now - Date.parse(iso));
  const [unit, size] = UNITS.find(([, it]) => ms >= it) ?? ['s', 1_000];
  return `${Math.floor(ms / size)} ${unit}`;
}
