import type { AuditRow } from '@freeflow/db-master';
import { RefusalWindow, rowOf, type RefusalBudget } from './refusal-window';

/** Of those whom a token names, and of all others: neither uses up what is the other's, and nobody what is all's. */
const BUDGETS = {
  known: { sources: 1_000, kinds: 1_000, kindsOfOne: 50 },
  unknown: { sources: 100, kinds: 200, kindsOfOne: 10 },
} as const satisfies Record<string, RefusalBudget>;

/**
 * Refused calls, in bounded form: the first of a kind is written at once, those that follow in the same window are
 * counted, and written as one row when it ends. What could not be written is counted into the next window; what a
 * process that is killed had counted is lost.
 */
export class Refusals {
  private windows = newWindows();

  /**
   * @param write adds rows to the trail
   * @param onFailure told of rows that could not be written
   */
  constructor(
    private readonly windowSeconds: number,
    private readonly write: (row: AuditRow) => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Never throws: a call is refused whether that can be written down or not. */
  async add(row: AuditRow): Promise<void> {
    const first = this.windowOf(row).add(row);
    if (first !== undefined && !(await this.tryToWrite(row))) first.left++;
  }

  /** Ends the window. */
  async flush(): Promise<void> {
    const ended = Object.values(this.windows).flatMap(({ counted }) => [...counted]);
    this.windows = newWindows();
    for (const [key, entry] of ended) {
      if (entry.left === 0 || (await this.tryToWrite(rowOf(entry, this.windowSeconds)))) continue;
      this.windowOf(entry.row).keep(key, entry);
    }
  }

  private windowOf({ actor }: AuditRow): RefusalWindow {
    return this.windows[typeof actor === 'string' ? 'known' : 'unknown'];
  }

  private async tryToWrite(row: AuditRow): Promise<boolean> {
    try {
      await this.write(row);
      return true;
    } catch (error) {
      this.onFailure(error);
      return false;
    }
  }
}

const newWindows = () => ({
  known: new RefusalWindow(BUDGETS.known),
  unknown: new RefusalWindow(BUDGETS.unknown),
});
