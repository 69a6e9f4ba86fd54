import type { Report } from './schema';

/**
 * A report with the scenarios of this run, and those of earlier ones that it has not run; each names the run it is of.
 * @param names of all scenarios, in the order in which they are shown; what has another name is dropped
 */
export function keepOthers(before: Report, now: Report, names: readonly string[]): Report {
  const outcomes = names.flatMap((name) => {
    const find = (report: Report) => report.outcomes.find((it) => it.name === name);
    return find(now) ?? find(before) ?? [];
  });
  return { ...now, outcomes };
}
