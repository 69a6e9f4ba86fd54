import { cloudEventType } from '@freeflow/contract';
import type { CloudEventBody } from '@freeflow/contract/http';
import type { EventRow } from './rows';

/** An event as the API tells it; a type that this version does not know is told as well. */
const viewEvent = ({ id, at, type, tenantId, tenantName, operationId, data }: EventRow): CloudEventBody => ({
  specversion: '1.0',
  id: String(id),
  source: `/tenants/${tenantId}`,
  type: cloudEventType(type),
  time: at.toISOString(),
  subject: tenantName,
  datacontenttype: 'application/json',
  data: { tenantId, tenantName, operationId, ...data },
});

/**
 * The same as a message of a stream. Without a name: a browser hands those to one listener, whatever types there come
 * to be.
 */
export const messageOf = (row: EventRow): Buffer =>
  Buffer.from(`id: ${row.id}\ndata: ${JSON.stringify(viewEvent(row))}\n\n`);
