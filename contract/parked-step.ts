/** A step that waits for an answer, as TenantOperation.parked has it. */
export interface ParkedStep {
  /** `postgres.create`, ... */
  readonly step: string;
  /** Counts the parks of one operation: a step that parks again has another one. */
  readonly parkId: number;
  readonly cause: string;
  readonly advice: string;
  /** ISO 8601 in UTC. */
  readonly since: string;
}
