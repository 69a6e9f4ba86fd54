import type { AuditRow } from '@freeflow/db-master';

/** How much one window keeps apart. A source is a principal, or an address where there is none. */
export interface RefusalBudget {
  readonly sources: number;
  readonly kinds: number;
  readonly kindsOfOne: number;
}

/** Beyond its kinds a source has one row, and beyond the sources all others have one. */
type From = 'one source' | 'many sources';

/** Refusals that are one row when the window ends. */
export interface Counted {
  row: AuditRow;
  /** How many there were that no row stands for yet. */
  left: number;
  /** Of a row for several kinds: how many of each are in it. */
  kinds?: Map<string, number>;
}

/** The refusals of one budget in one window. */
export class RefusalWindow {
  readonly counted = new Map<string, Counted>();
  private kinds = 0;
  private readonly kindsOf = new Map<string, number>();

  constructor(private readonly most: RefusalBudget) {}

  /** Counts a refusal. @returns its entry where it is the first of a kind that is kept apart: to be written at once */
  add(row: AuditRow): Counted | undefined {
    const key = keyOf(row);
    const known = this.counted.get(key);
    if (known !== undefined) return void known.left++;
    if (this.takesKindOf(sourceOf(row))) return this.open(key, { row: asCounted(row), left: 0 });
    this.addTogether(row);
    return undefined;
  }

  /** Takes over what no row could be written of when the window before ended. */
  keep(key: string, entry: Counted): void {
    const known = this.counted.get(key);
    if (known === undefined) this.open(key, entry);
    else merge(known, entry);
  }

  private takesKindOf(source: string): boolean {
    const own = this.kindsOf.get(source) ?? (this.kindsOf.size < this.most.sources ? 0 : undefined);
    if (own === undefined) return false;
    const isApart = this.kinds < this.most.kinds && own < this.most.kindsOfOne;
    this.kindsOf.set(source, own + (isApart ? 1 : 0));
    if (isApart) this.kinds++;
    return isApart;
  }

  private addTogether(row: AuditRow): void {
    const from: From = this.kindsOf.has(sourceOf(row)) ? 'one source' : 'many sources';
    const key = from === 'one source' ? `source ${sourceOf(row)}` : from;
    const entry = this.counted.get(key) ?? this.open(key, { row: ofSeveral(row, from), left: 0, kinds: new Map() });
    merge(entry, { row, left: 1, kinds: new Map([[`${row.action} ${row.status ?? ''}`, 1]]) });
  }

  private open(key: string, entry: Counted): Counted {
    this.counted.set(key, entry);
    return entry;
  }
}

/** What is written of them; of several kinds it has the action of the first, and how many there are of each. */
export function rowOf({ row, left, kinds }: Counted, windowSeconds: number): AuditRow {
  const detail = kinds === undefined ? {} : { detail: { ...row.detail, kinds: Object.fromEntries(kinds) } };
  return { ...row, ...detail, count: left, windowSeconds };
}

const sourceOf = ({ actor, address }: AuditRow): string => actor ?? address ?? 'nowhere';

const keyOf = (row: AuditRow): string => {
  const { action, status, code, tenantId, tenantName } = asCounted(row);
  return JSON.stringify([sourceOf(row), action, status, code, tenantId, tenantName]);
};

/** Refused before it is seen what is there, so that the sender may name whatever tenant he likes. */
const UNSEEN: readonly unknown[] = [401, 403, 429];

/** What all of its kind have in common. */
function asCounted(row: AuditRow): AuditRow {
  if (!UNSEEN.includes(row.status)) return row;
  const { tenantId: _tenantId, tenantName: _tenantName, ...rest } = row;
  return rest;
}

/** What those have in common that are of several kinds. */
const ofSeveral = ({ channel, action, outcome, actor, actorName, address }: AuditRow, from: From): AuditRow => ({
  channel,
  action,
  outcome,
  ...(from === 'one source' ? { actor: actor ?? null, actorName: actorName ?? null, address: address ?? null } : {}),
  detail: { from },
});

function merge(into: Counted, { left, kinds = new Map<string, number>() }: Counted): void {
  into.left += left;
  for (const [kind, count] of kinds) into.kinds?.set(kind, (into.kinds.get(kind) ?? 0) + count);
}
