import { Readable } from 'node:stream';

/** What a reader may leave unread before it gets the rest from the table, at its own pace. */
const MOST_UNREAD_BYTES = 256 * 1024;
/** Beyond this no more is fetched for it. */
const ENOUGH_BYTES = 16 * 1024;
/** So long a reader that was cut off may take for what it has left unread, in ms. */
const LAST_WORDS_MS = 10_000;
/** What timers of Node take at most. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A place to go on from: who is cut off before the next event has it. As a comment too, since parsers hand on no id
 * without an event.
 */
const placeMessage = (id: bigint): string => `id: ${id}\n: from ${id}\n\n`;

interface StreamOptions {
  /** Only events of this one. */
  tenantId?: string | undefined;
  /** Whose stream it is. */
  principal: string;
  /** The event after which it begins. */
  position: bigint;
  /** When its token expires. */
  expiresAt: number;
}

/**
 * The body of one response: messages of server-sent events, as much at a time as its reader takes. A reader that takes
 * nothing from one sign of life to the next is cut off by a clean end, and goes on from the last event it has.
 */
export class EventStream extends Readable {
  /** The last event that was sent, or need not be. */
  position: bigint;
  /** The last id that its reader was told. */
  private told: bigint;
  /** Whether it gets each event as it is read; before that it gets what came earlier. */
  isLive = false;
  private isOver = false;
  private hasMoved = true;
  readonly tenantId: string | undefined;
  readonly principal: string;
  private readonly expiry: NodeJS.Timeout;

  constructor({ tenantId, principal, position, expiresAt }: StreamOptions) {
    super({ highWaterMark: ENOUGH_BYTES });
    this.tenantId = tenantId;
    this.principal = principal;
    this.position = position;
    this.told = position;
    this.expiry = setTimeout(
      () => this.finish('the token has expired'),
      Math.min(Math.max(0, expiresAt - Date.now()), LONGEST_TIMER_MS),
    );
    this.once('close', () => clearTimeout(this.expiry));
    // Not all at once, after an API was started anew.
    const retry = `retry: ${1_000 + Math.floor(Math.random() * 1_000)}\n`;
    this.push(position === 0n ? `${retry}\n` : retry + placeMessage(position));
  }

  /** Whether anything may still be sent. */
  get isOpen(): boolean {
    return !this.isOver && !this.destroyed;
  }

  /** Whether so much is unread that no more is to be kept for it in memory. */
  get isFull(): boolean {
    return this.readableLength > MOST_UNREAD_BYTES;
  }

  send(id: bigint, message: Buffer): void {
    if (!this.isOpen || id <= this.position) return;
    this.position = id;
    this.told = id;
    this.push(message);
  }

  /**
   * A sign of life, by which both sides and what is between them notice that the other is gone. A stream that gets each
   * event as it is read learns the place of all others by it, which those of one tenant would otherwise fall behind for
   * as long as nothing happens to it: until events after its place are not kept any more.
   */
  beat(place: bigint): void {
    if (!this.isOpen) return;
    if (this.readableLength > 0 && !this.hasMoved) return this.finish('too slow');
    this.hasMoved = false;
    if (!this.isLive || place <= this.told) return void this.push(':\n\n');
    this.told = place;
    if (this.position < place) this.position = place;
    this.push(placeMessage(place));
  }

  /** Ends it, with the reason as a comment. */
  finish(reason: string): void {
    if (!this.isOpen) return;
    this.isOver = true;
    this.push(`: ${reason}\n\n`);
    this.push(null);
    const timer = setTimeout(() => this.destroy(), LAST_WORDS_MS).unref();
    this.once('close', () => clearTimeout(timer));
  }

  /** Waits until its reader takes more, or it is over. */
  async room(): Promise<void> {
    while (this.isOpen && this.readableLength >= ENOUGH_BYTES)
      await new Promise<void>((resolve) => {
        const settle = () => {
          this.off('room', settle);
          this.off('close', settle);
          resolve();
        };
        this.on('room', settle);
        this.on('close', settle);
      });
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    if (chunk !== null) this.hasMoved = true;
    return chunk;
  }

  override _read(): void {
    this.emit('room');
  }
}
