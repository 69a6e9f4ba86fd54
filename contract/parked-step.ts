/** A step that waits for an answer, as TenantOperation.parked has it. */
export interface ParkedStep {
  /** `postgres.create`, ... */
  readonly step: string;
  /** Counts the parks of one operation: a step that fails again after a retry is parked anew, under another one. */
  readonly parkId: number;
  readonly cause: string;
  readonly advice: string;
  /** When it was parked first; ISO 8601 in UTC. */
  readonly since: string;
}
