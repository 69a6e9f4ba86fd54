import type { FindingClass } from '@freeflow/contract';

export const CLASS_COLOURS = {
  missing: 'red',
  orphan: 'grape',
  drifted: 'orange',
  leftover: 'grape',
  stale: 'yellow',
  unknown: 'gray',
} as const satisfies Record<FindingClass, string>;
