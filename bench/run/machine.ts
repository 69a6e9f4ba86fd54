import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { projectRoot } from '../../stack/project';
import { openOperator } from '../../test/support/temporal';
import type { Machine } from '../report/schema';
import { readServerVersions } from '../script/versions';

const GB = 2 ** 30;

/** What the figures were measured on; what can't be found out is said to be unknown. */
export async function describeMachine(info: StackInfo): Promise<Machine> {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown processor',
    cores: all.length,
    memoryGb: Math.round(totalmem() / GB),
    system: `${type()} ${release()}`,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    versions: {
      Node: process.versions.node,
      ...(await readServerVersions(info)),
      Temporal: await orUnknown(() => temporalVersion(info)),
    },
    commit: await orUnknown(async () => commitHash()),
  };
}

/** With `-dirty` where something is not committed. */
const commitHash = (): string =>
  execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
    cwd: projectRoot(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

async function temporalVersion(info: StackInfo): Promise<string> {
  const operator = await openOperator(info);
  try {
    const { serverVersion } = await operator.client.workflowService.getSystemInfo({});
    return serverVersion ?? 'unknown';
  } finally {
    await operator.close();
  }
}

const orUnknown = (read: () => Promise<string>): Promise<string> => read().catch(() => 'unknown');
