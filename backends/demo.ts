/** A connection as `freeflow tenants connect` prints it. */
export type DemoConnection = Readonly<Record<string, string | number>>;

/** What a tenant's application does at one backend in `freeflow demo`, by nothing but its connection strings. */
export interface Demo {
  /** What a tenant has there, as the end of "each with its own": `database in PostgreSQL`. */
  readonly what: string;
  /** Writes a value of its own and reads it back; returns what it has, in words. */
  readonly useOwn: (mine: DemoConnection) => Promise<string>;
  /** Tries to get at a neighbour's, with its own credentials. */
  readonly intrude: (mine: DemoConnection, theirs: DemoConnection) => Promise<unknown>;
  /** The codes by which this server refuses by authorization. Nothing else proves anything. */
  readonly refusals: readonly (string | number)[];
}

export const DEMO_TIMEOUT_MS = 10_000;
