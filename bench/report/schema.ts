import { z } from 'zod';
import { summarize } from '../measure/statistics';

const UNITS = ['ms', 's', 'tenants/s', 'operations/s', '×', '%', 'MB', 'calls'] as const;
export type Unit = (typeof UNITS)[number];

const rowSchema = z.object({
  label: z.string(),
  /** Where it stands on the horizontal axis of a line: its line is named by `label`. */
  at: z.number().optional(),
  n: z.number().int(),
  min: z.number(),
  p50: z.number(),
  p90: z.number(),
  max: z.number(),
  /** In the order in which they were measured. */
  values: z.array(z.number()),
});
export type Row = z.output<typeof rowSchema>;

/** Figures of one unit that belong together: a table, and a plot where one helps. */
const groupSchema = z.object({
  title: z.string(),
  unit: z.enum(UNITS),
  plot: z.enum(['ranges', 'lines', 'none']),
  /** What the horizontal axis of lines counts. */
  axis: z.string().optional(),
  rows: z.array(rowSchema),
});
export type Group = z.output<typeof groupSchema>;

const spanSchema = z.object({
  lane: z.string(),
  label: z.string(),
  startMs: z.number(),
  endMs: z.number(),
});
export type Span = z.output<typeof spanSchema>;

const timelineSchema = z.object({ title: z.string(), spans: z.array(spanSchema) });
export type Timeline = z.output<typeof timelineSchema>;

const resultSchema = z.object({
  groups: z.array(groupSchema),
  notes: z.array(z.string()),
  timeline: timelineSchema.optional(),
});
export type Result = z.output<typeof resultSchema>;

const outcomeSchema = z.object({
  name: z.string(),
  title: z.string(),
  about: z.string(),
  state: z.enum(['done', 'failed', 'left-out']),
  /** Why it failed or was left out. */
  reason: z.string().nullable(),
  seconds: z.number(),
  /** Of which run it is: a run of some scenarios leaves the figures of the others as they are. */
  measured: z.object({ at: z.string(), command: z.string(), commit: z.string() }),
  result: resultSchema.nullable(),
});
export type Outcome = z.output<typeof outcomeSchema>;

const machineSchema = z.object({
  cpu: z.string(),
  cores: z.number().int(),
  memoryGb: z.number(),
  system: z.string(),
  /** How busy it was before the run: the load of the last minute. */
  loadBefore: z.number(),
  versions: z.record(z.string(), z.string()),
  commit: z.string(),
});
export type Machine = z.output<typeof machineSchema>;

export const reportSchema = z.object({
  version: z.literal(1),
  command: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  isQuick: z.boolean(),
  machine: machineSchema,
  outcomes: z.array(outcomeSchema),
});
/** All of one run, as it is written to JSON; the page is written from it. */
export type Report = z.output<typeof reportSchema>;

/** A row of these values. @throws RangeError where there are none */
export const rowOf = (label: string, values: readonly number[], at?: number): Row => ({
  label,
  ...(at === undefined ? {} : { at }),
  ...summarize(values),
  values: [...values],
});
