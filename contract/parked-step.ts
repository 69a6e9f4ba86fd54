/** Why a step failed, and so why an operation is rolled back or refused. */
export interface StepFailure {
  /** `postgres.create`, ...; or what ended the operation: `cancelled`, `interrupted`, `aborted`. */
  readonly step: string;
  readonly cause: string;
  /** What to do about it. */
  readonly advice: string;
}

/** A step that waits for an answer, as TenantOperation.parked has it. */
export interface ParkedStep extends StepFailure {
  /** Counts the parks of one operation: a step that fails again after a retry is parked anew, under another one. */
  readonly parkId: number;
  /** When it was parked first; ISO 8601 in UTC. */
  readonly since: string;
}
