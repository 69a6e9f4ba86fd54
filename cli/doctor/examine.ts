import { setTimeout as delay } from 'node:timers/promises';
import { type Check, type Finding, type Group, notChecked, notCheckedBecause } from '../../backends/doctor/check';
import { explain, timedOut } from './explain';
import type { Known } from './settings';

/** A check with its result. */
export interface Line extends Finding {
  check: string;
}

const LIMIT_MS = 10_000;

/**
 * Runs all checks side by side, each within its limit. A check whose settings are not known, or that could only repeat
 * the failure of one before it, is skipped and reported as skipped.
 * @param report is called with each as it ends
 */
export async function examine(
  groups: readonly Group[],
  { values, explainMissing }: Known,
  env: NodeJS.ProcessEnv,
  report: (line: Line) => void,
): Promise<Line[]> {
  const lines = new Map<string, Promise<Line>>();

  const findingOf = async (check: Check): Promise<Finding> => {
    const { needs, after } = check;
    const missing = needs.filter((name) => values[name] === '');
    if (missing.length > 0) return notChecked(explainMissing(missing));
    for (const before of await Promise.all(after.flatMap((name) => lines.get(name) ?? []))) {
      if (before.status === 'fail') return notCheckedBecause(`${before.check} failed`);
      if (before.status === 'skip') return notCheckedBecause(`${before.check} was not`);
    }
    return withinLimit(async () => check.run(values, env), check.limitMs).catch((error: unknown) =>
      explain(error, needs),
    );
  };

  for (const check of groups.flatMap(({ checks }) => checks)) {
    lines.set(
      check.name,
      findingOf(check).then((finding) => {
        const line = { check: check.name, ...finding };
        report(line);
        return line;
      }),
    );
  }
  return Promise.all(lines.values());
}

async function withinLimit(run: () => Promise<Finding>, limitMs = LIMIT_MS): Promise<Finding> {
  const stop = new AbortController();
  try {
    return await Promise.race([run(), delay(limitMs, timedOut(limitMs), { signal: stop.signal })]);
  } finally {
    stop.abort();
  }
}
