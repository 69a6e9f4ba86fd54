import type { EventRow } from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import { setGauge } from '@freeflow/lib/metrics';
import type { FastifyBaseLogger } from 'fastify';
import { messageOf } from './cloud-event';
import { EventStream } from './event-stream';
import { placeOf } from './place';
import { readBounds, readEvents, readOn, type EventPlace } from './rows';
import { assertRoom, type StreamLimits } from './stream-limits';

const PAGE = 200;

interface HubOptions extends StreamLimits {
  db: PrismaClient;
  log: FastifyBaseLogger;
  heartbeatMs: number;
  /** How often the table is looked at while there is a stream. */
  pollMs: number;
}

/** What a stream is opened with. */
interface StreamRequest {
  tenantId?: string;
  principal: string;
  /** The Last-Event-ID. */
  after?: string | undefined;
  from: 'now' | 'start';
  /** When its token expires. */
  expiresAt: number;
}

/** All streams of this process, with one reader of the table for them. It costs nothing while there is no stream. */
export class EventHub {
  private readonly streams = new Set<EventStream>();
  private readonly closing = new AbortController();
  /** The last event that was handed to the streams; undefined while it is not known which that is. */
  private place: EventPlace | undefined;
  private reading: Promise<void> | undefined;
  private timers: NodeJS.Timeout[] = [];
  /** Whether the last look at the table failed: that is said once, not at each look. */
  private isAway = false;

  constructor(private readonly options: HubOptions) {}

  /** @throws Problem `event-unknown` where events after that one may be missing, `too-many-streams` */
  async open({ tenantId, principal, after, from, expiresAt }: StreamRequest): Promise<EventStream> {
    const known = this.place;
    const bounds = await readBounds(this.options.db);
    if (known !== undefined && bounds.newest.id < known.id) this.startAnew();
    // Nothing is waited for from here to where the stream is counted.
    assertRoom(this.streams, principal, this.options);
    const position = placeOf(after, from, bounds);
    const stream = new EventStream({ tenantId, principal, position, expiresAt });
    // Nobody needs what is older.
    if (this.place === undefined || this.streams.size === 0) this.place = bounds.newest;
    this.streams.add(stream);
    this.noteStreams();
    stream.once('close', () => this.forget(stream));
    this.start();
    void this.catchUp(stream);
    if (this.closing.signal.aborted) stream.finish('the API stops');
    return stream;
  }

  /** Ends all streams: each goes on elsewhere, or here later. */
  async close(): Promise<void> {
    this.closing.abort();
    this.stop();
    for (const stream of this.streams) stream.finish('the API stops');
    await this.reading;
  }

  private start(): void {
    if (this.timers.length > 0 || this.closing.signal.aborted) return;
    const { heartbeatMs, pollMs } = this.options;
    this.timers = [
      setInterval(() => this.streams.forEach((it) => it.beat(this.place?.id ?? 0n)), heartbeatMs),
      setInterval(() => this.look(), pollMs),
    ];
  }

  private stop(): void {
    this.timers.splice(0).forEach((it) => clearInterval(it));
  }

  private look(): void {
    // Not within: where there is nothing to read it would have ended before it is kept here, for good.
    this.reading ??= this.readOn().finally(() => {
      this.reading = undefined;
    });
  }

  private noteStreams(): void {
    setGauge('freeflow_event_streams_open', {}, this.streams.size);
  }

  private forget(stream: EventStream): void {
    this.streams.delete(stream);
    this.noteStreams();
    if (this.streams.size === 0) this.stop();
  }

  private async readOn(): Promise<void> {
    const { db, log } = this.options;
    try {
      for (let isMore = true; isMore && this.place !== undefined && !this.closing.signal.aborted;) {
        const { place } = this;
        const rows = await readOn(db, place, PAGE);
        this.isAway = false;
        // Begun anew meanwhile, from what the database has now.
        if (this.place !== place) continue;
        if (rows === undefined) return this.startAnew();
        rows.forEach((row) => this.handOut(row));
        isMore = rows.length === PAGE;
      }
    } catch (error) {
      if (!this.isAway)
        log.warn({ cause: (error as Error).message }, 'events can not be read; tried again until they can');
      this.isAway = true;
    }
  }

  /**
   * The database is another one than before, or what a restore or a standby had of it: what is read on from an event
   * that it has not got would be a part of what happens. Each stream comes back, and is told whether its own place is
   * known.
   */
  private startAnew(): void {
    this.options.log.warn('the master database has lost its latest events: all streams begin anew');
    this.place = undefined;
    for (const stream of this.streams) stream.finish('the master database has lost its latest events');
  }

  /** One message for all. */
  private handOut(row: EventRow): void {
    if (this.place === undefined || row.id <= this.place.id) return;
    this.place = { id: row.id, at: row.at };
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
      while (stream.isOpen && this.place !== undefined && stream.position < this.place.id) {
        const upTo = this.place.id;
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
