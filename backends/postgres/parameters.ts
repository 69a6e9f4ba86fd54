import type { PlanSection } from '@freeflow/contract/plans';

interface Row {
  /** What a plan calls it. */
  field: Exclude<keyof PlanSection<'postgres'>, 'connections' | 'size'>;
  /** What it is counted in where it has no unit, in ms or bytes. */
  unit: number;
  /** By which value it is not limited at all. */
  isOff?: string;
}

/**
 * What of a session a plan limits, by PostgreSQL's names:
 * https://www.postgresql.org/docs/current/runtime-config.html
 */
export const PARAMETERS = {
  statement_timeout: { field: 'statementTimeout', unit: 1, isOff: '0' },
  lock_timeout: { field: 'lockTimeout', unit: 1, isOff: '0' },
  idle_in_transaction_session_timeout: { field: 'idleInTransactionTimeout', unit: 1, isOff: '0' },
  idle_session_timeout: { field: 'idleSessionTimeout', unit: 1, isOff: '0' },
  // Only by who was granted it: the tenant can't lift this one.
  temp_file_limit: { field: 'tempFiles', unit: 1_024, isOff: '-1' },
  work_mem: { field: 'workMem', unit: 1_024 },
} as const satisfies Record<string, Row>;

export type Parameter = keyof typeof PARAMETERS;

const MULTIPLES: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  B: 1,
  kB: 1_024,
  MB: 1_024 ** 2,
  GB: 1_024 ** 3,
  TB: 1_024 ** 4,
};

/** A value of a plan, in ms or bytes, as the server is told it: without a unit. */
export const settingText = (parameter: Parameter, value: number): string =>
  String(Math.floor(value / PARAMETERS[parameter].unit));

/** What a setting stands for, in ms or bytes; infinite where it doesn't limit. */
function valueOf(parameter: Parameter, text: string): number {
  const { unit, isOff }: Row = PARAMETERS[parameter];
  const [, number, suffix = ''] = /^\s*(-?[0-9.]+)\s*([a-zA-Z]*)\s*$/.exec(text) ?? [];
  const value = Number(number) * (suffix === '' ? unit : (MULTIPLES[suffix] ?? NaN));
  // What can't be read is none that can be trusted to limit.
  return Number.isNaN(value) || (isOff !== undefined && value <= 0) ? Infinity : value;
}

const isParameter = (name: string): name is Parameter => Object.hasOwn(PARAMETERS, name);

/** Those of the settings by which more is allowed than by the limits. */
export const laxSettings = <Own extends { name: string; value: string }>(
  own: readonly Own[],
  limits: Readonly<Partial<Record<Parameter, string>>>,
): Own[] =>
  own.filter(({ name, value }) => {
    const limit = isParameter(name) ? limits[name] : undefined;
    return isParameter(name) && limit !== undefined && valueOf(name, value) > valueOf(name, limit);
  });
