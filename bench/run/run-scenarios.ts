import type { Progress } from '../../stack/progress';
import type { Outcome } from '../report/schema';
import { SCENARIOS } from '../scenarios';
import { LeftOut, type Bench, type Scenario } from './bench';

/**
 * Runs scenarios one after the other; one that fails is reported, and the others go on. After Ctrl-C the one that runs
 * cleans up, and those after it are not begun.
 * @param only their names; without any, all that belong to the form of the run
 */
export async function runScenarios(
  bench: Omit<Bench, 'note'>,
  only: readonly string[],
  measured: Omit<Outcome['measured'], 'at'>,
  progress: Progress,
): Promise<Outcome[]> {
  const chosen = SCENARIOS.filter(({ name, isLongOnly }) =>
    only.length > 0 ? only.includes(name) : !(bench.isQuick && isLongOnly === true),
  );
  const outcomes: Outcome[] = [];
  for (const scenario of chosen) {
    if (bench.signal.aborted) break;
    const outcome = await runScenario(scenario, bench, progress);
    outcomes.push({ ...outcome, measured: { ...measured, at: new Date().toISOString() } });
  }
  return outcomes;
}

async function runScenario(
  scenario: Scenario,
  bench: Omit<Bench, 'note'>,
  progress: Progress,
): Promise<Omit<Outcome, 'measured'>> {
  const { name, title, about } = scenario;
  const startedAt = performance.now();
  const end = (rest: Pick<Outcome, 'state' | 'reason' | 'result'>) => {
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    progress.update(
      name,
      `${bench.signal.aborted ? 'interrupted' : rest.state}, ${seconds} s${rest.reason === null ? '' : `: ${rest.reason}`}`,
    );
    return { name, title, about, seconds, ...rest };
  };
  progress.update(name, 'begins');
  try {
    const result = await scenario.run({ ...bench, note: (text) => progress.update(name, text) });
    return end({ state: 'done', reason: null, result });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return end({ state: error instanceof LeftOut ? 'left-out' : 'failed', reason, result: null });
  }
}
