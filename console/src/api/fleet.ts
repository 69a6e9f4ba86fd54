import {
  auditPage,
  fleetSchema,
  fleetUpgradeSchema,
  type FleetChange,
  type FleetUpgradeBody,
  type UpgradeRequestBody,
} from '@freeflow/contract/http';
import { queryOptions } from '@tanstack/react-query';
import { z } from 'zod';
import type { Api } from './client';
import { KEYS } from './keys';

/** How far an upgrade is, no event tells. */
const MOVING_MS = 1_500;
/** All tenants are counted for it. */
const COUNTED_MS = 4_000;
const QUIET_MS = 10_000;

/** Whether an upgrade may still change by itself. */
const isUnderWay = ({ endedAt }: Pick<FleetUpgradeBody, 'endedAt'>): boolean => endedAt === null;

/** Which tenants have which version, and what an upgrade would do; of those alone that have all these labels. */
export const fleetQuery = (api: Api, labels: readonly string[] = []) =>
  queryOptions({
    queryKey: KEYS.fleetPlan(labels),
    queryFn: ({ signal }) => api.call(fleetSchema, { path: '/fleet', query: { label: labels }, signal }),
    refetchInterval: ({ state: { data } }) => {
      const upgrade = data?.upgrade ?? null;
      return upgrade !== null && isUnderWay(upgrade) ? COUNTED_MS : QUIET_MS;
    },
  });

export const fleetUpgradeQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: KEYS.fleetUpgrade(id),
    queryFn: ({ signal }) => api.call(fleetUpgradeSchema, { path: pathOf(id), signal }),
    refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? MOVING_MS : QUIET_MS),
  });

/** Where an upgrade was asked for, as the audit trail has it. */
export interface AskedUpgrade {
  upgradeId: string;
  version: number;
  only: readonly string[];
  at: string;
  by: string | null;
}

const MOST_ASKED = 50;
const askedDetail = z.object({ upgradeId: z.uuid(), version: z.number(), only: z.array(z.string()) });

/** The upgrades of the fleet, newest first. The audit trail alone lists them, for as long as it is kept. */
export const fleetUpgradesQuery = (api: Api) =>
  queryOptions({
    queryKey: KEYS.fleetUpgrades,
    queryFn: async ({ signal }): Promise<AskedUpgrade[]> => {
      const query = { action: 'fleet.upgrade', limit: MOST_ASKED };
      const { items } = await api.call(auditPage, { path: '/audit', query, signal });
      return items.flatMap(({ at, actor, actorName, detail }) => {
        // A refused one has no id.
        const { success, data } = askedDetail.safeParse(detail);
        return success ? [{ ...data, at, by: actorName ?? actor }] : [];
      });
    },
  });

export const startUpgrade = (api: Api, { body, key }: { body: UpgradeRequestBody; key: string }) =>
  api.call(fleetUpgradeSchema, { method: 'POST', path: '/fleet/upgrades', body, key });

export const changeUpgrade = (api: Api, { id, change }: { id: string; change: FleetChange }) =>
  api.call(fleetUpgradeSchema, { method: 'POST', path: `${pathOf(id)}/${change}` });

const pathOf = (id: string): string => `/fleet/upgrades/${encodeURIComponent(id)}`;
