import { readFileSync, writeFileSync } from 'node:fs';
import { asyncLocalStorage } from '@temporalio/activity';
import { z } from 'zod';

export const SERVERS = ['postgres', 'mongodb', 'qdrant', 'keycloak', 'master'] as const;

const callSchema = z.object({
  /** Whom it went to; `master`: the master database. */
  server: z.enum(SERVERS),
  label: z.string(),
  /**
   * The workflow and the activity in which it was made; null where that is not known, as of a call that an activity
   * left behind.
   */
  workflowId: z.string().nullable(),
  activity: z.string().nullable(),
  /** In ms since 1970, with fractions. */
  startedAt: z.number(),
  endedAt: z.number(),
});
export type RecordedCall = z.output<typeof callSchema>;

/** Milliseconds since 1970 by a clock that does not jump. */
const now = (): number => performance.timeOrigin + performance.now();

/** Notes the calls that a worker makes. */
export class SpanRecorder {
  private readonly calls: RecordedCall[] = [];

  /** Notes that a call begins; what it gives is called at its end. */
  begin(server: RecordedCall['server'], label: string): () => void {
    const info = asyncLocalStorage.getStore()?.info;
    const startedAt = now();
    return () => {
      this.calls.push({
        server,
        label,
        workflowId: info?.workflowExecution?.workflowId ?? null,
        activity: info?.activityType ?? null,
        startedAt,
        endedAt: now(),
      });
    };
  }

  write(file: string): void {
    writeFileSync(file, JSON.stringify(this.calls));
  }
}

/** What a worker has written. @throws Error where it is something else */
export const readCalls = (file: string): RecordedCall[] =>
  z.array(callSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
