import { cloudEventSchema, type CloudEventBody } from '@freeflow/contract/http';
import { createParser } from 'eventsource-parser';
import { EXIT, Failure } from '../failure';
import { refusalIn, sendAuthorized } from './http';
import type { Session } from './session';

/** What becomes of a stream while it is read. */
export interface StreamHandlers {
  onEvent?: (event: CloudEventBody) => void;
  /** Something has arrived: an event, or a sign of life. */
  onAlive?: () => void;
  /** The place it goes on from, where no event has told it: at the beginning, and with signs of life. */
  onPlace?: (id: string) => void;
}

interface StreamPlace {
  path: string;
  lastEventId?: string | undefined;
  signal: AbortSignal;
}

/** What the API says first, and while nothing happens, as a comment: a parser hands on no id without an event. */
const PLACE = /^ ?from (\d+)$/;

/**
 * Reads a stream of events until it ends.
 * @throws Failure for what the API refuses; whatever fetch throws where the connection breaks
 */
export async function readStream(
  session: Session,
  { path, lastEventId, signal }: StreamPlace,
  { onEvent, onAlive, onPlace }: StreamHandlers,
): Promise<void> {
  const response = await open(session, { path, lastEventId, signal });
  if (!response.ok) throw await refusalIn(response, session.url);
  if (response.body === null || response.headers.get('content-type') !== 'text/event-stream')
    throw new Failure(
      EXIT.refused,
      `${session.url} answered GET ${path} in an unexpected form.`,
      'Check that it is the API of FreeFlow.',
    );
  const parser = createParser({
    onEvent: ({ data }) => onEvent?.(cloudEventSchema.parse(JSON.parse(data))),
    onComment: (comment) => {
      const [, id] = PLACE.exec(comment) ?? [];
      if (id !== undefined) onPlace?.(id);
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    onAlive?.();
  }
}

const open = (session: Session, { path, lastEventId, signal }: StreamPlace): Promise<Response> =>
  sendAuthorized(session, path, (authorization) => ({
    headers: {
      authorization,
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal,
  }));
