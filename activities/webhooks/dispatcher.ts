import type { DeliveryInput } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import { withDeadline } from '@freeflow/lib/deadline';
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
  keys: SecretKeys;
  start: StartDelivery;
  warn: (message: string, meta: { cause: string; webhookId?: string }) => void;
}

/** How often is looked for what there is to hand out, while there are webhooks, in ms. */
const LOOK_MS = 500;
const WEBHOOKS_AT_ONCE = 2;
const STARTS_AT_ONCE = 20;
/** What is not started by then is found by a sweep. */
const START_DEADLINE_MS = 5_000;

/**
 * Hands events out to webhooks: twice a second it looks for what there is, and when a delivery has ended, by those who
 * send; every sweep takes up what has been lost. While there is no webhook it costs one statement a sweep.
 */
export class WebhookDispatcher {
  private readonly closing = new AbortController();
  private looking: NodeJS.Timeout | undefined;
  private isStale = false;
  /** Whether what a sweep found to be lost was started. */
  private isSwept = true;
  private isRunning = false;
  private running: Promise<void> = Promise.resolve();
  private published: Promise<void> | undefined;
  /** Whether the last look failed: that is said once, not at each look. */
  private isAway = false;
  /** Those that could not be handed out by the last look: likewise. */
  private readonly failing = new Set<string>();

  constructor(private readonly options: DispatcherOptions) {}

  /** What every sweep does; never throws. */
  async sweep(): Promise<void> {
    const { common } = this.options;
    try {
      await this.publish();
      const isUsed = (await common.webhook.findFirst({ select: { id: true } })) !== null;
      if (!isUsed) return this.stopLooking();
      this.startLooking();
      this.isSwept = false;
      // Not waited for: the sweep is that of operations.
      this.wake();
    } catch (error) {
      this.warn('webhooks could not be swept; the next sweep tries again', error);
    }
  }

  /** Publishes this worker's key, which `freeflow secrets rekey` looks at, whoever sends webhooks. Never throws. */
  async publishKey(): Promise<void> {
    try {
      await this.publish();
    } catch (error) {
      this.warn('the key that secrets are sealed by could not be published; the next sweep tries again', error);
    }
  }

  /** Hands out what there is, once more where that is being done already. Never throws. */
  wake(): void {
    this.isStale = true;
    if (!this.isRunning && !this.closing.signal.aborted) this.running = this.run();
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.stopLooking();
    await Promise.allSettled([this.running, this.published]);
  }

  /** Once; what has failed is done again. */
  private async publish(): Promise<void> {
    const { common, keys } = this.options;
    this.published ??= publishSealingKey(common, keys);
    try {
      await this.published;
    } catch (error) {
      this.published = undefined;
      throw error;
    }
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    try {
      while (this.isStale && !this.closing.signal.aborted) {
        this.isStale = false;
        if (!this.isSwept) await this.startOverdue();
        await mapInParallel(await findBusyWebhooks(this.options.db), WEBHOOKS_AT_ONCE, (id) => this.tryHandOut(id));
      }
      this.isAway = false;
    } catch (error) {
      if (!this.isAway) this.warn('events can not be handed out to webhooks; tried again until they can', error);
      this.isAway = true;
    } finally {
      this.isRunning = false;
    }
  }

  private async startOverdue(): Promise<void> {
    this.isSwept = true;
    await this.startAll(await takeOverdue(this.options.db));
  }

  /** One that can't be handed out ends nothing for the others. */
  private async tryHandOut(webhookId: string): Promise<void> {
    try {
      await this.handOutAll(webhookId);
      this.failing.delete(webhookId);
    } catch (error) {
      if (!this.failing.has(webhookId))
        this.warn('events can not be handed out to a webhook; tried again until they can', error, { webhookId });
      this.failing.add(webhookId);
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

  private startLooking(): void {
    if (!this.closing.signal.aborted) this.looking ??= setInterval(() => this.wake(), LOOK_MS);
  }

  private stopLooking(): void {
    clearInterval(this.looking);
    this.looking = undefined;
  }

  private warn(message: string, error: unknown, about: { webhookId?: string } = {}): void {
    this.options.warn(message, { ...about, cause: (error as Error).message });
  }
}
