import {
  fleetSchema,
  fleetUpgradeSchema,
  type FleetBody,
  type FleetChange,
  type FleetUpgradeBody,
  type UpgradeRequestBody,
} from '@freeflow/contract/http';
import type { Call } from './http';

/** The API's fleet. */
export function fleetOf(call: Call) {
  return {
    show: (labels: readonly string[]): Promise<FleetBody> =>
      call(
        fleetSchema,
        'GET',
        `/fleet?${new URLSearchParams(labels.map((it): [string, string] => ['label', it])).toString()}`,
      ),
    upgrade: (body: UpgradeRequestBody): Promise<FleetUpgradeBody> =>
      call(fleetUpgradeSchema, 'POST', '/fleet/upgrades', body),
    showUpgrade: (id: string): Promise<FleetUpgradeBody> => call(fleetUpgradeSchema, 'GET', `/fleet/upgrades/${id}`),
    change: (id: string, change: FleetChange): Promise<FleetUpgradeBody> =>
      call(fleetUpgradeSchema, 'POST', `/fleet/upgrades/${id}/${change}`),
  };
}
