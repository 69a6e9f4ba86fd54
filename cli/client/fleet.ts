import { fleetSchema, fleetUpgradeSchema, type FleetBody, type FleetUpgradeBody } from '@freeflow/contract/http';
import type { Call } from './http';

/** What an upgrade is asked for with; what is left out the API decides. */
export interface UpgradeRequest {
  to?: number;
  canary?: number;
  concurrency?: number;
  pauseOnFailures?: number;
  only: string[];
}

export type FleetChange = 'pause' | 'resume' | 'cancel' | 'retry';

/** The API's fleet. */
export function fleetOf(call: Call) {
  return {
    show: (labels: readonly string[]): Promise<FleetBody> =>
      call(
        fleetSchema,
        'GET',
        `/fleet?${new URLSearchParams(labels.map((it): [string, string] => ['label', it])).toString()}`,
      ),
    upgrade: (body: UpgradeRequest): Promise<FleetUpgradeBody> =>
      call(fleetUpgradeSchema, 'POST', '/fleet/upgrades', body),
    showUpgrade: (id: string): Promise<FleetUpgradeBody> => call(fleetUpgradeSchema, 'GET', `/fleet/upgrades/${id}`),
    change: (id: string, change: FleetChange): Promise<FleetUpgradeBody> =>
      call(fleetUpgradeSchema, 'POST', `/fleet/upgrades/${id}/${change}`),
  };
}
