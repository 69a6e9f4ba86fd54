import { BACKEND_KINDS, FINDING_CLASSES, type BackendKind, type FindingClass } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { masterNow, type PrismaClient } from '@freeflow/db-master';
import { createFinding, findingsToJson } from './finding';

/** A report is read by people, kept as one value, and goes out with heartbeats while it is made; the counts are of all. */
const LISTED = 500;

/** How far one part of the work has come, by ids in their order. */
export interface Position {
  /** Where it began, since an earlier reconciliation has stopped there: it goes round. */
  from: string | null;
  after: string | null;
  hasWrapped: boolean;
  isDone: boolean;
}

interface State {
  startedAt: string;
  looked: number;
  notLookedAt: number;
  counts: Record<FindingClass | 'fixed', number>;
  findings: Finding[];
  parts: Record<string, Position>;
  /** Where the next reconciliation is to go on, whether or not this one comes to its end. */
  next: Record<string, string>;
}

/** What one reconciliation has found so far. Goes out with each heartbeat, so that another attempt goes on where this one ended. */
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
   * @param kept what an earlier attempt has left, as its heartbeat said
   */
  static async resume(db: PrismaClient, id: string, timeMs: number, kept: unknown): Promise<Progress> {
    const now = await masterNow(db);
    const last = await db.reconcileReport.findFirst({ orderBy: { endedAt: 'desc' }, select: { goesOnAt: true } });
    const counts = Object.fromEntries([...FINDING_CLASSES, 'fixed'].map((it) => [it, 0])) as State['counts'];
    const state = (kept as State | undefined) ?? {
      startedAt: now.toISOString(),
      looked: 0,
      notLookedAt: 0,
      counts,
      findings: [],
      parts: {},
      next: {},
    };
    const endsAt = performance.now() + timeMs - (now.getTime() - Date.parse(state.startedAt));
    return new Progress(db, id, { ...state, notLookedAt: 0 }, (last?.goesOnAt ?? {}) as Record<string, string>, endsAt);
  }

  get isOver(): boolean {
    return performance.now() >= this.endsAt;
  }

  /** What the next attempt is to be given. */
  get snapshot(): unknown {
    return structuredClone(this.state);
  }

  /** Where a part stands; what is changed in it counts. */
  position(part: string): Position {
    const from = this.goesOnAt(part);
    return (this.state.parts[part] ??= { from, after: from, hasWrapped: false, isDone: false });
  }

  /** Where the last reconciliation has stopped. */
  goesOnAt(part: string): string | null {
    return this.before[part] ?? null;
  }

  /** Says where the next reconciliation goes on with what none of them does as a whole. */
  continueAt(part: string, after: string): void {
    this.state.next[part] = after;
  }

  add(findings: readonly Finding[], looked = 0): void {
    const { state } = this;
    state.looked += looked;
    for (const it of findings) {
      // A server that can't be reached has said so twice.
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

  /** Says that so many were not looked at, and why: by default since the time was over. */
  leave(count: number, backend: BackendKind | null, why?: string): void {
    this.state.notLookedAt += count;
    if (count === 0 && why === undefined) return;
    this.add([
      createFinding(
        'unknown',
        why ?? `the time was over, ${count} not looked at; the next reconciliation goes on there`,
        {
          backend,
        },
      ),
    ]);
  }

  /** What was found at other servers, by any attempt. */
  get orphans(): string[] {
    return this.state.findings.flatMap((it) => (it.class === 'orphan' && it.name !== null ? [it.name] : []));
  }

  /** Makes the report of it, with where the next one goes on. Repeated, it is one report. */
  async finish(by: { requestedBy: string; fix: boolean }): Promise<State> {
    const { db, id, state } = this;
    const { startedAt, looked, notLookedAt, counts, parts, next } = state;
    const stopped = Object.entries(parts).map(([part, { after, isDone }]) => [part, isDone ? null : after] as const);
    const goesOnAt = Object.fromEntries(
      Object.entries({ ...this.before, ...Object.fromEntries(stopped), ...next }).filter(([, after]) => after !== null),
    );
    const report = {
      ...by,
      counts: { resources: looked, ...counts, notLookedAt },
      findings: findingsToJson(inOrder(this.listed())),
      goesOnAt,
      startedAt: new Date(startedAt),
      endedAt: await masterNow(db),
    };
    await db.reconcileReport.upsert({ where: { id }, create: { id, ...report }, update: report });
    return state;
  }

  private listed(): Finding[] {
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
