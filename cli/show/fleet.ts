import type { FleetBody, FleetUpgradeBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { inColumns } from './table';

/** Who stands where, and what an upgrade would do. */
export function fleetText({ version, versions, behind, upgrade }: FleetBody, columns: number | undefined): string {
  if (version === null) return 'There is no blueprint: start a worker with BLUEPRINT_DIR (docs/blueprint.md).';
  const rows = versions.map((it) => [
    it.version === null ? 'none' : `version ${it.version}`,
    String(it.tenants),
    it.publishedAt ?? '',
  ]);
  const would =
    behind.now + behind.later === 0
      ? `All tenants have version ${version}.`
      : `An upgrade to version ${version} would upgrade ${behind.now} tenants, and leave ${behind.later} for later.`;
  const last = upgrade === null ? [] : ['', `Last upgrade: ${upgradeLine(upgrade)}`];
  return [inColumns(['blueprint', 'tenants', 'published'], rows, columns), '', would, ...last].join('\n');
}

/** An upgrade in a line. */
export function upgradeLine({ version, state, reason, counts }: FleetUpgradeBody): string {
  const { waiting, running, done, failed, left, cancelled } = counts;
  const all = waiting + running + done + failed + left + cancelled;
  const parts = [
    `${done} of ${all} done`,
    ...(running > 0 ? [`${running} at work`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(failed > 0 ? [pc.red(`${failed} failed`)] : []),
    ...(left > 0 ? [`${left} left for later`] : []),
    ...(cancelled > 0 ? [`${cancelled} not begun`] : []),
  ];
  return `version ${version}, ${state}${reason === null ? '' : ` (${reason})`}: ${parts.join(', ')}`;
}

/** The same with each tenant that failed or was left. */
export function upgradeText(upgrade: FleetUpgradeBody, columns: number | undefined): string {
  const shown = upgrade.tenants.filter(({ state }) => state !== 'running');
  const rows = shown.map(({ name, state, cause }) => [name, state, cause ?? '']);
  return [
    upgradeLine(upgrade),
    ...(rows.length === 0 ? [] : ['', inColumns(['tenant', '', 'cause'], rows, columns)]),
  ].join('\n');
}
