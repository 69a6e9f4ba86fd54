import type { Task } from './history';
import type { RecordedCall } from './recorder';

/** All that is known of one create. */
export interface CreateSeen {
  tookMs: number;
  /** Until the API had answered its request, in ms. */
  acceptedMs: number;
  /** When its request was committed, in ms since 1970. */
  requestedAt: number;
  calls: RecordedCall[];
  tasks: Task[];
  /** The time of each step by the log, in ms. */
  steps: { step: string; durationMs: number }[];
}
