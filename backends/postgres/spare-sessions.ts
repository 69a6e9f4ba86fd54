import type { ErrorTolerantClient } from '@freeflow/lib/pg';

const SPARE_MAX = 2;
const KEPT_MS = 10_000;
const ANSWERS_WITHIN_MS = 5_000;

/**
 * Sessions that were used and are kept for a moment: to open one takes longer than what most are opened for. Nothing is left of
 * what was done before: its settings are set again by who takes one, its locks are released before it is kept.
 */
export class SpareSessions {
  private readonly spare = new Map<ErrorTolerantClient, NodeJS.Timeout>();
  private isClosed = false;

  /** @param preamble sets all settings of a session by which it could differ from a new one */
  constructor(private readonly preamble: string) {}

  /** One that answers, with its settings set; nothing where there is none. */
  async take(): Promise<ErrorTolerantClient | undefined> {
    for (const [client, timer] of this.spare) {
      this.spare.delete(client);
      clearTimeout(timer);
      const query = { text: this.preamble, query_timeout: ANSWERS_WITHIN_MS };
      const isAlive = await client.query(query).then(
        () => true,
        () => false,
      );
      if (isAlive) return client;
      void end(client);
    }
    return undefined;
  }

  /** Keeps one that is not used any more, or ends it. */
  async give(client: ErrorTolerantClient): Promise<void> {
    try {
      await client.query('SELECT pg_catalog.pg_advisory_unlock_all()');
      if (this.isClosed || this.spare.size >= SPARE_MAX) return await end(client);
      this.spare.set(client, setTimeout(() => void this.drop(client), KEPT_MS).unref());
    } catch {
      await end(client);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.spare.keys()].map((it) => this.drop(it)));
  }

  private async drop(client: ErrorTolerantClient): Promise<void> {
    clearTimeout(this.spare.get(client));
    this.spare.delete(client);
    await end(client);
  }
}

const end = (client: ErrorTolerantClient): Promise<void> => client.end().catch(() => undefined);
