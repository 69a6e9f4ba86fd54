import { cloudEventType } from '../event-types';
import type { CloudEventBody } from './event-stream';

/** An event as it is stored. */
export interface EventRow {
  id: bigint;
  at: Date;
  type: string;
  /** Null where it is about a webhook. */
  tenantId: string | null;
  tenantName: string | null;
  operationId: string | null;
  data: Record<string, unknown>;
}

/** An event as it is told, by a stream and to a webhook; a type that this version does not know is told as well. */
export const viewEvent = ({ id, at, type, tenantId, tenantName, operationId, data }: EventRow): CloudEventBody => ({
  specversion: '1.0',
  id: String(id),
  source: tenantId === null ? `/webhooks/${String(data['webhookId'])}` : `/tenants/${tenantId}`,
  type: cloudEventType(type),
  time: at.toISOString(),
  subject: tenantName ?? String(data['url']),
  datacontenttype: 'application/json',
  data: { tenantId, tenantName, operationId, ...data },
});
