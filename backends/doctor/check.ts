import type { SettingName, Values } from './setting-names';

/** How a check ended. `skip`: not checked. */
export type Status = 'ok' | 'warn' | 'fail' | 'skip';

/** What a check has seen; for the eyes of anybody, so no secret is in it. */
export interface Finding {
  status: Status;
  seen: string;
  /** What to do; empty where nothing is to be done. */
  advice: string;
  /** Nobody answered. */
  isUnreachable?: true;
}

export const ok = (seen: string): Finding => ({ status: 'ok', seen, advice: '' });
export const warn = (seen: string, advice: string): Finding => ({ status: 'warn', seen, advice });
export const fail = (seen: string, advice: string): Finding => ({ status: 'fail', seen, advice });
const skip = (seen: string): Finding => ({ status: 'skip', seen, advice: '' });
export const notChecked = (why: string): Finding => skip(`not checked: ${why}`);
export const notCheckedBecause = (why: string): Finding => skip(`not checked because ${why}`);

/** `ok` where nothing is wrong. */
export const faults = (wrong: readonly string[], advice: string, otherwise: string): Finding =>
  wrong.length === 0 ? ok(otherwise) : fail(shortened(wrong), advice);

const SHOWN_MAX = 4;
const shortened = (all: readonly string[]): string =>
  [...all.slice(0, SHOWN_MAX), ...(all.length > SHOWN_MAX ? [`and ${all.length - SHOWN_MAX} more`] : [])].join('; ');

/** One look at one thing. It changes nothing. */
export interface Check {
  /** `{server}.{what}`; unique. */
  name: string;
  /** Without these settings there is nothing to look at. */
  needs: readonly SettingName[];
  /** Checks listed earlier; where one of them fails, this one could only fail too. */
  after: readonly string[];
  /** Whatever it throws is a failure, explained by {@link explain}. */
  look: (values: Values, env: NodeJS.ProcessEnv) => Promise<Finding>;
}

/** The checks of one server, as they are shown. */
export interface Group {
  title: string;
  checks: readonly Check[];
}
