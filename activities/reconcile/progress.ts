import type { BackendKind, Prisma, PrismaClient } from '@freeflow/db-master';
import { masterNow } from '../master-clock';
import { asJson, CLASSES, finding, type Class, type Finding } from './finding';

/** A report is read by people, and kept as one value; the counts are of all. */
const LISTED = 1_000;
/** What a run that was ended from outside has left is of no use to anybody then. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000;

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
  counts: Record<Class | 'fixed', number>;
  findings: Finding[];
  parts: Record<string, Position>;
  /** Where the next reconciliation is to go on, whether or not this one comes to its end. */
  next: Record<string, string>;
}

type Stored = { after: string };

/** What one reconciliation has found so far. Kept in the master database, so that another attempt goes on where this one ended. */
export class Progress {
  private saving: Promise<unknown> = Promise.resolve();
  private readonly endsAt: number;

  private constructor(
    private readonly db: PrismaClient,
    private readonly id: string,
    private readonly state: State,
    forMs: number,
  ) {
    this.endsAt = performance.now() + forMs;
  }

  /** @param timeMs how long it may take in all, over all attempts */
  static async resume(db: PrismaClient, id: string, timeMs: number): Promise<Progress> {
    const now = await masterNow(db);
    const kept = (await db.reconcileProgress.findUnique({ where: { part: partOf(id) } }))?.state as State | undefined;
    const counts = Object.fromEntries([...CLASSES, 'fixed'].map((it) => [it, 0])) as State['counts'];
    const state = kept ?? { startedAt: now.toISOString(), looked: 0, notLookedAt: 0, counts, findings: [], parts: {}, next: {} };
    return new Progress(db, id, { ...state, notLookedAt: 0 }, timeMs - (now.getTime() - Date.parse(state.startedAt)));
  }

  get isOver(): boolean {
    return performance.now() >= this.endsAt;
  }

  /** Where a part stands; what is changed in it counts. */
  async position(part: string): Promise<Position> {
    const from = this.state.parts[part] === undefined ? await this.storedPosition(part) : null;
    return (this.state.parts[part] ??= { from, after: from, hasWrapped: false, isDone: false });
  }

  async storedPosition(part: string): Promise<string | null> {
    return ((await this.db.reconcileProgress.findUnique({ where: { part } }))?.state as Stored | undefined)?.after ?? null;
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
      if (it.name === null && state.findings.some((other) => other.name === null && other.class === it.class && other.resource === it.resource)) continue;
      state.counts[it.class]++;
      if (it.fixed) state.counts.fixed++;
      if (state.findings.length < LISTED) state.findings.push(it);
    }
  }

  /** Says that so many were not looked at, and why: by default since the time was over. */
  leave(count: number, resource: BackendKind | null, why?: string): void {
    this.state.notLookedAt += count;
    if (count === 0 && why === undefined) return;
    this.add([finding('unknown', why ?? `the time was over, ${count} not looked at; the next reconciliation goes on there`, { resource })]);
  }

  /** What was found at other servers, by any attempt. */
  get orphans(): string[] {
    return this.state.findings.flatMap((it) => (it.class === 'orphan' && it.name !== null ? [it.name] : []));
  }

  /** To be called now and then: what an attempt that ends before the next call has done since is done again. */
  async save(): Promise<void> {
    const saved = this.saving.then(() => write(this.db, partOf(this.id), this.state));
    this.saving = saved.catch(() => undefined);
    await saved;
  }

  /** Makes the report of it, and keeps where the next one goes on: both or neither. Repeated, it is one report. */
  async finish(by: { requestedBy: string; fix: boolean }): Promise<State> {
    await this.saving;
    const { db, id, state } = this;
    const { startedAt, looked, notLookedAt, counts, parts, next } = state;
    const now = await masterNow(db);
    const report = { ...by, counts: { resources: looked, ...counts, notLookedAt }, findings: asJson(inOrder(this.listed())), startedAt: new Date(startedAt), endedAt: now };
    const old = new Date(now.getTime() - FORGOTTEN_AFTER_MS);
    await db.$transaction(async (tx) => {
      await tx.reconcileReport.upsert({ where: { id }, create: { id, ...report }, update: report });
      for (const [part, { after, isDone }] of Object.entries(parts)) {
        if (isDone || after === null) await tx.reconcileProgress.deleteMany({ where: { part } });
        else await write(tx, part, { after });
      }
      for (const [part, after] of Object.entries(next)) await write(tx, part, { after });
      await tx.reconcileProgress.deleteMany({ where: { OR: [{ part: partOf(id) }, { part: { startsWith: RUN }, updatedAt: { lt: old } }] } });
    });
    return state;
  }

  private listed(): Finding[] {
    const { counts, findings } = this.state;
    const unlisted = CLASSES.reduce((sum, it) => sum + counts[it], 0) - findings.length;
    return unlisted === 0 ? findings : [...findings, finding('unknown', `${unlisted} more findings are not listed`)];
  }
}

const RUN = 'run/';
const partOf = (id: string): string => `${RUN}${id}`;

async function write(db: Pick<Prisma.TransactionClient, 'reconcileProgress'>, part: string, value: State | Stored): Promise<void> {
  const state = value as unknown as Prisma.InputJsonObject;
  await db.reconcileProgress.upsert({ where: { part }, create: { part, state }, update: { state } });
}

const inOrder = (findings: readonly Finding[]): Finding[] => [...findings].sort((a, b) => (a.resource ?? '').localeCompare(b.resource ?? '') || (a.name ?? '').localeCompare(b.name ?? ''));
