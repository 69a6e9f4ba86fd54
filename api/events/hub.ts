import type { EventRow } from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import { listen } from '@freeflow/lib/pg';
import type { FastifyBaseLogger } from 'fastify';
import { Problem } from '../errors';
import { messageOf } from './cloud-event';
import { EventStream } from './event-stream';
import { readBounds, readEvents } from './rows';

const PAGE = 200;

interface HubOptions {
  db: PrismaClient;
  /** The master database, for the session that listens. */
  url: string;
  log: FastifyBaseLogger;
  heartbeatMs: number;
  /** How often the table is read without a notification, which a pooler may have lost. */
  pollMs: number;
}

/** What a stream is opened with. */
interface StreamRequest {
  tenantId?: string;
  /** The Last-Event-ID. */
  after?: string | undefined;
  from: 'now' | 'start';
  /** When its token expires. */
  expiresAt: number;
}

/**
 * All streams of this process, with one reader of the table and one session that listens for them. It costs nothing
 * before the first stream.
 */
export class EventHub {
  private readonly streams = new Set<EventStream>();
  private readonly closing = new AbortController();
  /** The last event that was handed to the streams. */
  private position = 0n;
  private reading: Promise<void> | undefined;
  private isReading = false;
  private isStale = false;
  private listening: Promise<void> | undefined;

  constructor(private readonly options: HubOptions) {}

  /** @throws Problem `event-unknown` where events after that one may be missing */
  async open({ tenantId, after, from, expiresAt }: StreamRequest): Promise<EventStream> {
    const bounds = await readBounds(this.options.db);
    const stream = new EventStream(tenantId, placeOf(after, from, bounds), expiresAt);
    // Nobody needs what is older.
    if (this.streams.size === 0 && this.position < bounds.newest) this.position = bounds.newest;
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    this.start();
    this.wake();
    void this.catchUp(stream);
    if (this.closing.signal.aborted) stream.finish('the API stops');
    return stream;
  }

  /** Ends all streams: each goes on elsewhere, or here later. */
  async close(): Promise<void> {
    this.closing.abort();
    for (const stream of this.streams) stream.finish('the API stops');
    await this.listening;
    await this.reading;
  }

  private start(): void {
    if (this.listening !== undefined || this.closing.signal.aborted) return;
    const { url, log, heartbeatMs, pollMs } = this.options;
    const timers = [
      setInterval(() => this.streams.forEach((it) => it.beat()), heartbeatMs),
      setInterval(() => this.wake(), pollMs),
    ];
    this.listening = listen(url, {
      applicationName: 'freeflow-api-events',
      signal: this.closing.signal,
      onNews: () => this.wake(),
      onLost: (cause) =>
        log.warn({ cause: (cause as Error).message }, 'no session to listen for events; they are polled for'),
    }).finally(() => timers.forEach((it) => clearInterval(it)));
  }

  /** Reads on, once more where that is being done already: it may have looked before there was anything. */
  private wake(): void {
    this.isStale = true;
    if (!this.isReading) this.reading = this.readOn();
  }

  private async readOn(): Promise<void> {
    const { db, log } = this.options;
    this.isReading = true;
    try {
      while (this.isStale && this.streams.size > 0 && !this.closing.signal.aborted) {
        this.isStale = false;
        const rows = await readEvents(db, { after: this.position, limit: PAGE });
        rows.forEach((row) => this.handOut(row));
        if (rows.length === PAGE) this.isStale = true;
      }
    } catch (error) {
      log.warn({ cause: (error as Error).message }, 'events could not be read; tried again soon');
    } finally {
      this.isReading = false;
    }
  }

  /** One message for all. */
  private handOut(row: EventRow): void {
    if (row.id <= this.position) return;
    this.position = row.id;
    const message = messageOf(row);
    for (const stream of this.streams) {
      if (!stream.isLive || (stream.tenantId ?? row.tenantId) !== row.tenantId) continue;
      if (stream.isFull) void this.catchUp(stream);
      else stream.send(row.id, message);
    }
  }

  /** Sends what lies between a stream's place and that of all others, as fast as its reader takes it. */
  private async catchUp(stream: EventStream): Promise<void> {
    const { db, log } = this.options;
    stream.isLive = false;
    try {
      while (stream.isOpen && stream.position < this.position) {
        const upTo = this.position;
        const { tenantId, position: after } = stream;
        const rows = await readEvents(db, { after, upTo, tenantId, limit: PAGE });
        for (const row of rows) {
          await stream.room();
          stream.send(row.id, messageOf(row));
        }
        if (rows.length < PAGE && stream.position < upTo) stream.position = upTo;
      }
      stream.isLive = true;
    } catch (error) {
      log.warn({ cause: (error as Error).message }, 'a stream of events ends early: they could not be read');
      stream.finish('the events can not be read');
    }
  }
}

/** The event after which a stream begins. */
function placeOf(
  after: string | undefined,
  from: 'now' | 'start',
  { oldest, newest }: { oldest: bigint; newest: bigint },
): bigint {
  if (after === undefined) return from === 'start' ? 0n : newest;
  const place = BigInt(after);
  // The one before the oldest misses nothing.
  if (place + 1n >= oldest && place <= newest) return place;
  throw new Problem(
    'event-unknown',
    place > newest
      ? `There has been no event ${after} yet: this is not the master database that it is from.`
      : `The events after ${after} are not kept any more; the oldest one is ${oldest}.`,
  );
}
