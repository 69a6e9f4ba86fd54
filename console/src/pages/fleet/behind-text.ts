import type { FleetBody } from '@freeflow/contract/http';

const tenants = (count: number): string => `${count.toLocaleString()} ${count === 1 ? 'tenant' : 'tenants'}`;

/** What an upgrade to the version in force would do, in words. */
export function behindText({ version, behind: { now, later } }: Pick<FleetBody, 'version' | 'behind'>): string {
  if (version === null)
    return 'A worker with BLUEPRINT_DIR publishes one when it starts. Tenants have none until then.';
  if (now + later === 0) return `All tenants have version ${version}: an upgrade would change nothing.`;
  const left = `${tenants(later)} left for later: suspended, deleted, on hold or busy`;
  if (now === 0) return `An upgrade would upgrade none now, with ${left}.`;
  return `An upgrade would give version ${version} to ${tenants(now)} now${later === 0 ? '' : `, with ${left}`}.`;
}

/** What one to another version would be about. */
export const olderText = (count: number, to: number): string =>
  `${tenants(count)} ${count === 1 ? 'has' : 'have'} an earlier version than ${to}, or none. What is suspended, deleted, on hold or busy is left for later.`;
