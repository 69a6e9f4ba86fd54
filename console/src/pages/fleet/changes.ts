import type { FleetBody, FleetChange, FleetUpgradeBody } from '@freeflow/contract/http';

/** Why something can't be asked of an upgrade as it is; undefined where it can. The API decides once more. */
export function refusalOf(change: FleetChange, upgrade: FleetUpgradeBody, last: FleetUpgradeBody | null) {
  return REFUSALS[change](upgrade, last);
}

type Refuse = (upgrade: FleetUpgradeBody, last: FleetUpgradeBody | null) => string | undefined;

const REFUSALS: Readonly<Record<FleetChange, Refuse>> = {
  pause: (it) => endingOf(it) ?? (it.state === 'paused' ? 'It is paused already' : undefined),
  resume: (it) => endingOf(it) ?? (it.state === 'paused' ? undefined : 'It is not paused'),
  cancel: endingOf,
  retry: (it, last) => {
    if (it.state === 'cancelled') return 'It is cancelled: start another one';
    if (it.counts.failed + it.counts.left === 0) return 'None has failed, and none was left for later';
    return it.endedAt === null ? undefined : openOne(last, it.id);
  },
};

function endingOf({ state, endedAt }: FleetUpgradeBody): string | undefined {
  if (state === 'cancelled') return 'It is cancelled';
  return endedAt === null ? undefined : 'It has ended';
}

/** One is under way at a time. */
const openOne = (last: FleetUpgradeBody | null, besides?: string): string | undefined =>
  last !== null && last.endedAt === null && last.id !== besides
    ? 'An upgrade is under way: wait for its end, or cancel it'
    : undefined;

/** Why no upgrade can be started now. */
export function whyNoStart({ version, upgrade }: Pick<FleetBody, 'version' | 'upgrade'>): string | undefined {
  return version === null ? 'There is no blueprint: a worker with BLUEPRINT_DIR publishes one' : openOne(upgrade);
}

/** How many an upgrade to this version would be about; what can't be upgraded now it leaves for later. */
export function countBehind({ versions }: Pick<FleetBody, 'versions'>, to: number): number {
  return versions.reduce((sum, it) => (it.version === null || it.version < to ? sum + it.tenants : sum), 0);
}
