import { viewEvent, type EventRow } from '@freeflow/contract/http';

/**
 * An event as a message of a stream. Without a name: a browser hands those to one listener, whatever types there come
 * to be.
 */
export const messageOf = (row: EventRow): Buffer =>
  Buffer.from(`id: ${row.id}\ndata: ${JSON.stringify(viewEvent(row))}\n\n`);
