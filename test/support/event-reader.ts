import { request } from 'node:http';
import { cloudEventSchema, type CloudEventBody } from '@freeflow/contract/http';
import { createParser } from 'eventsource-parser';
import { until } from './until';

/** A reader of a stream of events, as a program has it. */
export interface EventReader {
  events: CloudEventBody[];
  comments: string[];
  /** The id of the last event, to go on from. */
  readonly lastId: string | undefined;
  /** Waits until there are so many events of this type. */
  seen: (type: string, count?: number) => Promise<CloudEventBody[]>;
  /** How it was ended by the other side: `clean`, or the code of the connection's error. */
  ended: Promise<string>;
  /** Takes nothing more from the connection, or goes on. */
  pause: () => void;
  resume: () => void;
  close: () => void;
}

interface ReaderOptions {
  token: string;
  lastEventId?: string | undefined;
  /** Takes nothing from the beginning on. */
  isPaused?: boolean;
}

/** Opens a stream; whatever is answered instead of one is thrown, as text. */
export function openEvents(url: string, { token, lastEventId, isPaused }: ReaderOptions): Promise<EventReader> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    const sent = request(url, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`answered ${String(response.statusCode)}`));
      const events: CloudEventBody[] = [];
      const comments: string[] = [];
      const parser = createParser({
        onEvent: ({ data, id }) => {
          const event = cloudEventSchema.parse(JSON.parse(data));
          if (event.id !== id) throw new Error(`event ${event.id} came as ${String(id)}`);
          events.push(event);
        },
        onComment: (comment) => comments.push(comment),
      });
      const ended = new Promise<string>((end) => {
        response.on('end', () => end('clean'));
        response.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      });
      if (isPaused === true) response.pause();
      else response.on('data', (chunk: Buffer) => parser.feed(chunk.toString('utf8')));
      resolve({
        events,
        comments,
        get lastId() {
          return events.at(-1)?.id;
        },
        seen: (type, count = 1) =>
          until(`there are ${count} of ${type}`, async () => {
            const found = events.filter((it) => it.type === `com.freeflow.${type}`);
            return found.length >= count && found;
          }),
        ended,
        pause: () => response.pause(),
        resume: () => {
          response.on('data', (chunk: Buffer) => parser.feed(chunk.toString('utf8')));
          response.resume();
        },
        close: () => sent.destroy(),
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
