/** How a check ended. `skip`: not checked. */
export type Status = 'ok' | 'warn' | 'fail' | 'skip';

/** What a check has seen; anyone may read it, so no secret is in it. */
export interface Finding {
  status: Status;
  seen: string;
  /** What to do; empty where nothing is to be done. */
  advice: string;
  /** The server did not answer. */
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
  wrong.length === 0 ? ok(otherwise) : fail(shorten(wrong), advice);

const SHOWN_MAX = 4;
const shorten = (all: readonly string[]): string =>
  [...all.slice(0, SHOWN_MAX), ...(all.length > SHOWN_MAX ? [`and ${all.length - SHOWN_MAX} more`] : [])].join('; ');

/** The values of settings; one that is not known is empty. */
export type Values<Name extends string> = Readonly<Record<Name, string>>;

/** One check of an installation. It changes nothing. */
export interface Check<Name extends string = string> {
  /** `{server}.{what}`; unique. */
  name: string;
  /** Without these settings there is nothing to check. */
  needs: readonly Name[];
  /** Checks listed earlier; where one of them fails, this one could only fail too. */
  after: readonly string[];
  /** So long it may take, in ms. @default 10 s */
  limitMs?: number;
  /** @throws the error of the server or its driver; the check has failed then */
  run(values: Values<Name>, env: NodeJS.ProcessEnv): Promise<Finding>;
}

/** The checks of one server, in the order in which they are shown. */
export interface Group<Name extends string = string> {
  title: string;
  checks: readonly Check<Name>[];
}
