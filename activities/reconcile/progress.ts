import { BACKEND_KINDS, FINDING_CLASSES, type BackendKind, type FindingClass } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { masterNow, type PrismaClient } from '@freeflow/db-master';
import { createFinding, findingsToJson } from './finding';

/**
 * A report is read by people, kept as one value, and goes out with heartbeats while it is made; the counts are of all.
 */
const LISTED = 500;

/** How far one part has come, by ids in their order. */
export interface Position {
  /** Where it began, since an earlier reconciliation has stopped there: it goes round. */
  from: string | null;
  after: string | null;
  hasWrapped: boolean;
  isDone: boolean;
}

interface State {
  startedAt: string;
  checked: number;
  notChecked: number;
  counts: Record<FindingClass | 'fixed', number>;
  findings: Finding[];
  parts: Record<string, Position>;
  /** Where the next reconciliation is to go on, whether or not this one comes to its end. */
  next: Record<string, string | null>;
}

/**
 * What one reconciliation has found so far. Its snapshot goes with each heartbeat, so that another attempt resumes
 * where this one ended.
 */
export class Progress {
  private constructor(
    private readonly db: PrismaClient,
    private readonly id: string,
    private readonly state: State,
    private readonly before: Readonly<Record<string, string>>,
    private readonly endsAt: number,
  ) {}

  /**
   * @param timeMs how long it may take in all, over all attempts
   * @param kept the snapshot that an earlier attempt has left by its last heartbeat
   */
  static async resume(db: PrismaClient, id: string, timeMs: number, kept: unknown): Promise<Progress> {
    const now = await masterNow(db);
    const last = await db.reconcileReport.findFirst({ orderBy: { endedAt: 'desc' }, select: { goesOnAt: true } });
    const counts = Object.fromEntries([...FINDING_CLASSES, 'fixed'].map((it) => [it, 0])) as State['counts'];
    const state = (kept as State | undefined) ?? {
      startedAt: now.toISOString(),
      checked: 0,
      notChecked: 0,
      counts,
      findings: [],
      parts: {},
      next: {},
    };
    const endsAt = performance.now() + timeMs - (now.getTime() - Date.parse(state.startedAt));
    return new Progress(db, id, { ...state, notChecked: 0 }, (last?.goesOnAt ?? {}) as Record<string, string>, endsAt);
  }

  get isOver(): boolean {
    return performance.now() >= this.endsAt;
  }

  /** What the next attempt resumes from. */
  get snapshot(): unknown {
    return structuredClone(this.state);
  }

  /** How far a part has come; the caller moves it on. */
  position(part: string): Position {
    const from = this.goesOnAt(part);
    return (this.state.parts[part] ??= { from, after: from, hasWrapped: false, isDone: false });
  }

  /** Where an earlier attempt at this reconciliation has stopped, or else the last one. */
  goesOnAt(part: string): string | null {
    const { [part]: here } = this.state.next;
    return here === undefined ? (this.before[part] ?? null) : here;
  }

  /**
   * Sets where the next reconciliation continues with a part that none of them does as a whole; null: where that
   * begins.
   */
  continueAt(part: string, after: string | null): void {
    this.state.next[part] = after;
  }

  add(findings: readonly Finding[], checked = 0): void {
    const { state } = this;
    state.checked += checked;
    for (const it of findings) {
      // A server that can't be reached is one finding, no matter how many parts notice it.
      if (
        it.name === null &&
        state.findings.some((other) => other.name === null && other.class === it.class && other.backend === it.backend)
      )
        continue;
      state.counts[it.class]++;
      if (it.fixed) state.counts.fixed++;
      if (state.findings.length < LISTED) state.findings.push(it);
    }
  }

  /** Counts what was not checked, with the reason: by default that the time was over. */
  addUnchecked(count: number, backend: BackendKind | null, why?: string): void {
    this.state.notChecked += count;
    if (count === 0 && why === undefined) return;
    this.add([
      createFinding('unknown', why ?? `out of time, ${count} not checked; the next reconciliation continues there`, {
        backend,
      }),
    ]);
  }

  /** The names of the orphans found so far, by any attempt. */
  get orphans(): string[] {
    return this.state.findings.flatMap((it) => (it.class === 'orphan' && it.name !== null ? [it.name] : []));
  }

  /** Writes the report, with where the next reconciliation continues. Repeated, it is one report. */
  async finish(by: { requestedBy: string; fix: boolean }): Promise<State> {
    const { db, id, state } = this;
    const { startedAt, checked, notChecked, counts, parts, next } = state;
    const stopped = Object.entries(parts).map(([part, { after, isDone }]) => [part, isDone ? null : after] as const);
    const goesOnAt = Object.fromEntries(
      Object.entries({ ...this.before, ...Object.fromEntries(stopped), ...next }).filter(([, after]) => after !== null),
    );
    const report = {
      ...by,
      counts: { resources: checked, ...counts, notChecked },
      findings: findingsToJson(inOrder(this.listFindings())),
      goesOnAt,
      startedAt: new Date(startedAt),
      endedAt: await masterNow(db),
    };
    await db.reconcileReport.upsert({ where: { id }, create: { id, ...report }, update: report });
    return state;
  }

  private listFindings(): Finding[] {
    const { counts, findings } = this.state;
    const unlisted = FINDING_CLASSES.reduce((sum, it) => sum + counts[it], 0) - findings.length;
    return unlisted === 0
      ? findings
      : [...findings, createFinding('unknown', `${unlisted} more findings are not listed`)];
  }
}

/** By the servers as they are listed everywhere, operations last. */
const ORDER: readonly (string | null)[] = [...BACKEND_KINDS, null];
const inOrder = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort(
    (a, b) => ORDER.indexOf(a.backend) - ORDER.indexOf(b.backend) || (a.name ?? '').localeCompare(b.name ?? ''),
  );
