import { workflowIdOf } from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { runTemporalCommand, temporalCommand } from './document-commands';
import { runsOf } from './runs-seen';
import type { Operator } from './temporal';
import { until } from './until';

/** A deployment of versioned workers, as its operator has it: by the very commands of docs/upgrade.md. */
export interface Deployment {
  name: string;
  /** What a worker of this build is started with. */
  workerEnv(buildId: string): Record<string, string>;
  /** Waits until the server knows its workers. */
  promote(buildId: string): Promise<void>;
  /** Lets the parked runs of a build go on with the current one, at once. */
  wakeRunsOf(buildId: string): Promise<void>;
  rollBackTo(buildId: string): Promise<void>;
  /** Gives all that is to be done to workers without a version. */
  leave(): Promise<void>;
  /** Lets a tenth of new runs begin on it. */
  ramp(buildId: string): Promise<void>;
  endRampOf(buildId: string): Promise<void>;
  /** What Temporal says of a build that gets no new runs any more. */
  isDrained(buildId: string): Promise<boolean>;
  /** How many runs are open that belong to this build. */
  openRunsOf(buildId: string): Promise<number>;
  terminateRunsOf(buildId: string): Promise<void>;
  /** The build that each run of a tenant ended on, the first run first; undefined for none. */
  buildsOf(tenantId: string): Promise<(string | undefined)[]>;
}

const command = (...words: string[]): string => temporalCommand('docs/upgrade.md', ...words);

export function openDeployment(info: StackInfo, operator: Operator, name: string): Deployment {
  const run = (line: string, build: { OLD: string } | { NEW: string }): Promise<string> =>
    runTemporalCommand(info, line, { DEPLOYMENT: name, ...build });
  const change = (line: string, build: { OLD: string } | { NEW: string }): Promise<void> =>
    until(`Temporal takes ${line} of ${JSON.stringify(build)}`, () => run(line, build).then(() => true)).then(
      () => undefined,
    );
  return {
    name,
    workerEnv: (buildId) => ({ TEMPORAL_WORKER_DEPLOYMENT: name, TEMPORAL_WORKER_BUILD_ID: buildId }),
    promote: (buildId) => change(command('set-current-version', '$NEW'), { NEW: buildId }),
    wakeRunsOf: async (buildId) => void (await run(command('workflow signal'), { OLD: buildId })),
    rollBackTo: (buildId) => change(command('set-current-version', '$OLD'), { OLD: buildId }),
    leave: () => change(command('set-current-version', '--unversioned'), { OLD: '' }),
    ramp: (buildId) => change(command('set-ramping-version', '--percentage'), { NEW: buildId }),
    endRampOf: (buildId) => change(command('set-ramping-version', '--delete'), { NEW: buildId }),
    isDrained: async (buildId) => /\bdrained\b/i.test(await run(command('describe-version'), { OLD: buildId })),
    openRunsOf: async (buildId) =>
      Number(/\d+/.exec(await run(command('workflow count', '$OLD'), { OLD: buildId }))?.[0]),
    terminateRunsOf: async (buildId) => void (await run(command('workflow terminate'), { NEW: buildId })),
    buildsOf: async (tenantId) => {
      const runs = await runsOf({ operator }, tenantId);
      return Promise.all(
        runs.map(async ({ runId }) => {
          const { raw } = await operator.client.workflow.getHandle(workflowIdOf(tenantId), runId).describe();
          return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
        }),
      );
    },
  };
}
