import type { DeliveryInput } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import { withDeadline } from '@freeflow/lib/deadline';
import { listen } from '@freeflow/lib/pg';
import type { SecretKeys } from '@freeflow/lib/secrets';
import { mapInParallel } from '../in-parallel';
import { findBusyWebhooks, handOut, takeOverdue } from './hand-out';
import { publishSealingKey } from './secret';

/** Starts the run of a delivery, unless it runs. */
type StartDelivery = (delivery: DeliveryInput) => Promise<void>;

export interface DispatcherOptions {
  /** Connections of webhooks' own: what waits for them takes none from the steps of operations. */
  db: PrismaClient;
  /** What it is seen by whether there is any webhook. */
  common: PrismaClient;
  /** The master database, for the session that listens. */
  url: string;
  keys: SecretKeys;
  start: StartDelivery;
  warn: (message: string, meta: { cause: string }) => void;
}

const WEBHOOKS_AT_ONCE = 2;
const STARTS_AT_ONCE = 20;
/** What is not started by then is found by a sweep. */
const START_DEADLINE_MS = 5_000;

/**
 * Hands events out to webhooks: as they happen, by a session that listens; when a delivery has ended, by those who send;
 * and by every sweep, which finds whatever any of them has missed. While there is no webhook it costs one statement a
 * sweep.
 */
export class WebhookDispatcher {
  private readonly closing = new AbortController();
  private listening: Promise<void> | undefined;
  private stopListening: AbortController | undefined;
  private isStale = false;
  private isRunning = false;
  private running: Promise<void> = Promise.resolve();
  private hasPublished = false;

  constructor(private readonly options: DispatcherOptions) {}

  /** What every sweep does; never throws. */
  async sweep(): Promise<void> {
    const { db, common, keys } = this.options;
    try {
      if (!this.hasPublished) await publishSealingKey(common, keys);
      this.hasPublished = true;
      const isUsed = (await common.webhook.findFirst({ select: { id: true } })) !== null;
      if (!isUsed) return this.stopListening?.abort();
      this.startListening();
      await this.startAll(await takeOverdue(db));
      // Not waited for: there may be more than a sweep has time for.
      this.wake();
    } catch (error) {
      this.warn('webhooks could not be swept; the next sweep tries again', error);
    }
  }

  /** Hands out what there is, once more where that is being done already. Never throws. */
  wake(): void {
    this.isStale = true;
    if (!this.isRunning && !this.closing.signal.aborted) this.running = this.run();
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.stopListening?.abort();
    await Promise.all([this.running, this.listening]);
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    try {
      while (this.isStale && !this.closing.signal.aborted) {
        this.isStale = false;
        await mapInParallel(await findBusyWebhooks(this.options.db), WEBHOOKS_AT_ONCE, (id) => this.handOutAll(id));
      }
    } catch (error) {
      this.warn('events could not be handed out to webhooks; a sweep tries again', error);
    } finally {
      this.isRunning = false;
    }
  }

  private async handOutAll(webhookId: string): Promise<void> {
    const { begun, hasMore } = await handOut(this.options.db, webhookId);
    if (hasMore) this.isStale = true;
    await this.startAll(begun);
  }

  private async startAll(deliveries: readonly DeliveryInput[]): Promise<void> {
    const { start } = this.options;
    await mapInParallel(deliveries, STARTS_AT_ONCE, (delivery) =>
      withDeadline(START_DEADLINE_MS, start(delivery)).catch((error: unknown) =>
        this.warn('a delivery could not be started; a sweep tries again', error),
      ),
    );
  }

  private startListening(): void {
    if (this.stopListening?.signal.aborted === false || this.closing.signal.aborted) return;
    const stop = new AbortController();
    this.stopListening = stop;
    this.listening = listen(this.options.url, {
      applicationName: 'freeflow-worker-webhooks',
      signal: stop.signal,
      onNews: () => this.wake(),
      onLost: (cause) => this.warn('no session to listen for events; webhooks are swept', cause),
    });
  }

  private warn(message: string, error: unknown): void {
    this.options.warn(message, { cause: (error as Error).message });
  }
}
