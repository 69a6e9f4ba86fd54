import type { AuditRow } from '@freeflow/db-master';

/**
 * In one window so many different refusals are kept apart: by principal or address, action, status and tenant. All
 * others are counted together, so that a flood from everywhere adds as many rows as one from anywhere.
 */
const MOST_APART = 200;

interface Counted {
  row: AuditRow;
  /** How many there were that no row stands for yet. */
  left: number;
}

/**
 * Refused calls, in bounded form: the first of a kind is written at once, those that follow in the same window are
 * counted, and written as one row when it ends. What could not be written is counted into the next window; what a
 * process that is killed had counted is lost.
 */
export class Refusals {
  private counted = new Map<string, Counted>();

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
    const own = keyOf(row);
    const isApart = this.counted.has(own) || this.counted.size < MOST_APART;
    const kind = isApart ? row : ofManySources(row);
    const key = isApart ? own : keyOf(kind);
    const known = this.counted.get(key);
    if (known !== undefined) return void known.left++;
    const entry: Counted = { row: kind, left: isApart ? 0 : 1 };
    this.counted.set(key, entry);
    if (isApart && !(await this.tryToWrite(row))) entry.left++;
  }

  /** Ends the window. */
  async flush(): Promise<void> {
    const ended = [...this.counted.values()].filter(({ left }) => left > 0);
    this.counted = new Map();
    for (const { row, left } of ended) {
      const isWritten = await this.tryToWrite({ ...row, count: left, windowSeconds: this.windowSeconds });
      if (!isWritten) this.keep(row, left);
    }
  }

  private keep(row: AuditRow, left: number): void {
    const known = this.counted.get(keyOf(row));
    if (known === undefined) this.counted.set(keyOf(row), { row, left });
    else known.left += left;
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

const keyOf = ({ actor, address, action, status, code, tenantId, tenantName }: AuditRow): string =>
  JSON.stringify([actor ?? address, action, status, code, tenantId, tenantName]);

/** What all of them have in common. */
const ofManySources = ({ door, action, outcome, status, code }: AuditRow): AuditRow => ({
  door,
  action,
  outcome,
  status: status ?? null,
  code: code ?? null,
  detail: { from: 'many sources', apart: MOST_APART },
});
