import { Client, type ClientConfig } from 'pg';

/**
 * A connection that never ends the process. pg emits `error` when a server ends a connection between two queries, or in the very
 * moment in which a pool has handed it out, where neither pool nor adapter listens any more, or yet. Whoever asks it next is told.
 */
export class HeardClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
