import type { ErrorTolerantClient } from '@freeflow/lib/pg';
import { setUpSession } from './session-setup';

const SPARE_MAX = 2;
const KEPT_MS = 10_000;
/** An address may lead elsewhere by now: then what was opened before is not kept without end. */
const GREATEST_AGE_MS = 60_000;
const ANSWERS_WITHIN_MS = 5_000;
const UNLOCK = { text: 'SELECT pg_catalog.pg_advisory_unlock_all()', query_timeout: ANSWERS_WITHIN_MS };

/**
 * Sessions that were used and are kept for a moment: to open one takes longer than what most are opened for. Nothing is
 * left of what was done before: its settings are set again before it is used, its locks are released before it is kept.
 */
export class SpareSessions {
  private readonly spare = new Map<ErrorTolerantClient, NodeJS.Timeout>();
  private readonly firstKeptAt = new WeakMap<ErrorTolerantClient, number>();
  private isClosed = false;

  /** @param keptMs how long one that is not used is kept, in ms */
  constructor(private readonly keptMs = KEPT_MS) {}

  /**
   * One that answers, set up as a new one; nothing where there is none. What has befallen one, as a server that is
   * gone, has befallen the others: to learn that of each would take its time-out each.
   * @param serverId the server that it must be on, where one is known
   */
  async take(serverId: string | undefined): Promise<ErrorTolerantClient | undefined> {
    const [client] = this.spare.keys();
    if (client === undefined) return undefined;
    this.forget(client);
    const found = await setUpSession(client, ANSWERS_WITHIN_MS).catch(() => undefined);
    if (found !== undefined && (serverId === undefined || found === serverId)) return client;
    // An idle one whose server is gone takes its time to end.
    void this.dropAll();
    await end(client);
    return undefined;
  }

  /** Keeps one that is not used any more, or ends it. */
  async give(client: ErrorTolerantClient): Promise<void> {
    try {
      await client.query(UNLOCK);
      if (this.isClosed || this.spare.size >= SPARE_MAX || this.isOld(client)) return await end(client);
      this.spare.set(client, setTimeout(() => void this.drop(client), this.keptMs).unref());
    } catch {
      await end(client);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.dropAll();
  }

  private isOld(client: ErrorTolerantClient): boolean {
    const now = performance.now();
    const since = this.firstKeptAt.get(client) ?? now;
    this.firstKeptAt.set(client, since);
    return now - since >= GREATEST_AGE_MS;
  }

  private async dropAll(): Promise<void> {
    await Promise.all([...this.spare.keys()].map((it) => this.drop(it)));
  }

  private async drop(client: ErrorTolerantClient): Promise<void> {
    this.forget(client);
    await end(client);
  }

  private forget(client: ErrorTolerantClient): void {
    clearTimeout(this.spare.get(client));
    this.spare.delete(client);
  }
}

const end = (client: ErrorTolerantClient): Promise<void> => client.end().catch(() => undefined);
