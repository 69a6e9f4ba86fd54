import { cloudEventSchema, type CloudEventBody } from '@freeflow/contract/http';
import { createParser } from 'eventsource-parser';
import type { Api } from './client';

/** How the stream stands. */
export type StreamState = 'connecting' | 'open' | 'cut';

export interface StreamHandlers {
  onEvent: (event: CloudEventBody) => void;
  onState: (state: StreamState) => void;
  /** What has happened in between is not known: all that is shown has to be read anew. */
  onGap: () => void;
}

/** A sign of life comes every 15 s, unless it is set otherwise: three of them may be lost. */
const SILENT_FOR_MS = 45_000;
const PAUSES_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000];
/** What the API says first, and while nothing happens, as a comment. */
const PLACE = /^ ?from (\d+)$/;

/** Follows all events of the API until it is told to end; what cuts the stream is mended by beginning it anew. */
export async function followEvents(api: Api, handlers: StreamHandlers, signal: AbortSignal): Promise<void> {
  let lastEventId: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    handlers.onState(failures === 0 ? 'connecting' : 'cut');
    try {
      await readStream(api, signal, {
        lastEventId,
        onOpen: () => {
          failures = 0;
          handlers.onState('open');
          // What happened before the first place is in no event.
          if (lastEventId === undefined) handlers.onGap();
        },
        onPlace: (id) => (lastEventId = id),
        onEvent: (event) => {
          lastEventId = event.id;
          handlers.onEvent(event);
        },
        onForgotten: () => (lastEventId = undefined),
      });
    } catch {
      // Whatever it was, it is tried again.
      failures += 1;
    }
    await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0, signal);
  }
}

interface Reading {
  lastEventId: string | undefined;
  onOpen: () => void;
  onPlace: (id: string) => void;
  onEvent: (event: CloudEventBody) => void;
  onForgotten: () => void;
}

async function readStream(api: Api, outer: AbortSignal, reading: Reading): Promise<void> {
  const watchdog = new AbortController();
  const signal = AbortSignal.any([outer, watchdog.signal]);
  let timer = setTimeout(() => watchdog.abort(), SILENT_FOR_MS);
  try {
    const { lastEventId } = reading;
    const response = await api.send('/events', {
      headers: { accept: 'text/event-stream', ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
      signal,
    });
    if (response.status === 410) reading.onForgotten();
    if (!response.ok || response.body === null) throw new Error(`the stream is answered with ${response.status}`);
    reading.onOpen();
    const parser = createParser({
      onEvent: ({ data }) => reading.onEvent(cloudEventSchema.parse(JSON.parse(data))),
      onComment: (comment) => {
        const [, id] = PLACE.exec(comment) ?? [];
        if (id !== undefined) reading.onPlace(id);
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => watchdog.abort(), SILENT_FOR_MS);
      parser.feed(part.value);
    }
  } finally {
    clearTimeout(timer);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    // Apart from others, so that not all pages come back at the same moment.
    const timer = setTimeout(resolve, ms * (0.75 + Math.random() / 2));
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
