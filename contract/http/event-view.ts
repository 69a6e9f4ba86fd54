import { cloudEventType } from '../event-types';
import type { CloudEventBody } from './event-stream';

/** An event as it is stored. */
export interface EventRow {
  id: bigint;
  at: Date;
  type: string;
  /** Null where it is about a webhook, or the fleet. */
  tenantId: string | null;
  tenantName: string | null;
  operationId: string | null;
  data: Record<string, unknown>;
}

const sourceOf = ({ tenantId, data }: Pick<EventRow, 'tenantId' | 'data'>): string => {
  if (tenantId !== null) return `/tenants/${tenantId}`;
  return 'upgradeId' in data
    ? `/fleet/upgrades/${String(data['upgradeId'])}`
    : `/webhooks/${String(data['webhookId'])}`;
};

/** An event as it is told, by a stream and to a webhook; a type that this version does not know is told as well. */
export const viewEvent = ({ id, at, type, tenantId, tenantName, operationId, data }: EventRow): CloudEventBody => ({
  specversion: '1.0',
  id: String(id),
  source: sourceOf({ tenantId, data }),
  type: cloudEventType(type),
  time: at.toISOString(),
  subject: tenantName ?? ('upgradeId' in data ? 'fleet' : String(data['url'])),
  datacontenttype: 'application/json',
  data: { tenantId, tenantName, operationId, ...data },
});
