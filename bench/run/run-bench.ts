import type { StackInfo } from '@freeflow/contract/stack-info';
import { joinStack, listenForShutdown, INTERRUPTED, type Shutdown } from '../../stack/foreground';
import { createProgress, type Progress } from '../../stack/progress';
import { findStackInfo } from '../../stack/stack-info';
import { BUSY, isBusy } from '../report/busy';
import type { Outcome, Report } from '../report/schema';
import { writeReport } from '../report/write-report';
import { SCENARIOS } from '../scenarios';
import { Script } from '../script';
import type { Bench } from './bench';
import { describeMachine } from './machine';
import type { Options } from './options';
import { runScenarios } from './run-scenarios';

/**
 * Runs the scenarios and writes the report; what they have made is removed, also after Ctrl-C.
 * @returns the exit code: 1 where a scenario failed
 */
export async function runBench(
  options: Options,
  env: NodeJS.ProcessEnv,
  exit: (code: number) => never,
): Promise<number> {
  const progress = createProgress(process.stdout);
  const shutdown = listenForShutdown((text) => progress.note(text), exit);
  const info = await findOrStart(options.dir, env, progress, shutdown);
  try {
    const outcomes = await measure(options, info, progress, shutdown.signal);
    if (shutdown.signal.aborted) return INTERRUPTED;
    return outcomes.some(({ state }) => state === 'failed') ? 1 : 0;
  } finally {
    await shutdown.stop();
  }
}

async function measure(options: Options, info: StackInfo, progress: Progress, signal: AbortSignal): Promise<Outcome[]> {
  const startedAt = new Date().toISOString();
  const machine = await describeMachine(info);
  progress.note(`${machine.cpu}, ${machine.cores} cores, load ${machine.loadBefore}; servers of ${info.dir}`);
  if (isBusy(machine)) progress.note(BUSY);
  const command = commandOf(options);
  const { commit } = machine;
  const script = new Script(info);
  try {
    await script.open();
    const bench = benchOf(options, info, script, signal);
    const outcomes = await runScenarios(bench, options.only, { command, commit }, progress);
    if (!signal.aborted) {
      progress.close();
      const endedAt = new Date().toISOString();
      const report: Report = { version: 1, command, startedAt, endedAt, isQuick: options.isQuick, machine, outcomes };
      console.log(writeReport(options.json, report, SCENARIO_NAMES));
    }
    return outcomes;
  } finally {
    await script.close();
  }
}

const SCENARIO_NAMES = SCENARIOS.map(({ name }) => name);

const benchOf = (
  { isQuick, n, temporalAddress }: Options,
  info: StackInfo,
  script: Script,
  signal: AbortSignal,
): Omit<Bench, 'note'> => ({
  info,
  script,
  isQuick,
  temporalAddress,
  signal,
  count: (quick, long) => n ?? (isQuick ? quick : long),
});

/** A stack that was started here is stopped at the end, one that was found goes on. */
async function findOrStart(
  dir: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
  { signal, onKill, onStop }: Shutdown,
): Promise<StackInfo> {
  const running = findStackInfo(dir);
  if (running !== undefined) return running;
  progress.note(`No stack is running in ${dir}: its servers are started for this run.`);
  const joined = await joinStack({ dir, env, progress, signal, onKill });
  if (joined.kind === 'running') return joined.info;
  onStop(joined.stack.stop);
  return joined.stack.info;
}

const commandOf = ({ isQuick, only, n, temporalAddress }: Options): string =>
  [
    'npm run bench',
    ...(isQuick || only.length > 0 || n !== undefined || temporalAddress !== undefined ? ['--'] : []),
    ...(isQuick ? ['--quick'] : []),
    ...(only.length > 0 ? ['--only', only.join(',')] : []),
    ...(n === undefined ? [] : ['--n', n]),
    ...(temporalAddress === undefined ? [] : ['--temporal', temporalAddress]),
  ].join(' ');
