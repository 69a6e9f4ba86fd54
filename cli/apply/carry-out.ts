import { setMaxListeners } from 'node:events';
import type { Tools } from '../commands/tenants/tools';
import { EXIT } from '../failure';
import { carryOutOne } from './carry-out-one';
import { isWork, type Planned, type PlannedOf } from './planned';
import type { Progress } from './progress';

/** How it has ended for one tenant. */
export interface Result {
  name: string;
  action: Planned['action'];
  outcome: 'done' | 'refused' | 'changed-since' | 'rolled-back' | 'parked' | 'unreachable' | 'held-back' | 'not-begun';
  /** What was done, or why not; with what to do. */
  message: string;
  tookMs?: number;
}

export type Work = PlannedOf<'create' | 'change' | 'delete'>;

export interface Surroundings {
  tools: Tools;
  progress: Progress;
  /** Given by Ctrl-C: nothing more is begun, and what was accepted is followed no longer. */
  signal: AbortSignal;
}

/**
 * Carries out a plan, so many tenants at a time. What fails for one tenant is told, and the others go on.
 * @returns a result of each that there was something to be done about, those that are left alone included
 */
export async function carryOut(
  plan: readonly Planned[],
  concurrency: number,
  surroundings: Surroundings,
): Promise<Result[]> {
  // Each that is followed listens to it.
  setMaxListeners(0, surroundings.signal);
  const results = plan.flatMap((it): Result[] =>
    it.action === 'blocked'
      ? [
          {
            name: it.name,
            action: it.action,
            outcome: it.code === 'parked' ? 'parked' : 'refused',
            message: `${it.why}. ${it.advice}`,
          },
        ]
      : [],
  );
  for (const round of roundsOf(plan.filter(isWork))) {
    const isHeldBack = round.every(isDeletion) && results.some(hasFailed);
    results.push(...(isHeldBack ? holdBack(round, surroundings) : await inParallel(round, concurrency, surroundings)));
  }
  return results;
}

const isDeletion = ({ action }: Work): boolean => action === 'delete';

/** What is left alone by the plan was shown before, and is no failure. */
const hasFailed = ({ action, outcome }: Result): boolean => action !== 'blocked' && outcome !== 'done';

/** A tenant that is missing in the file may be one that another there is to replace: it keeps its access until then. */
function holdBack(round: readonly Work[], { progress, signal }: Surroundings): Result[] {
  const [outcome, message] = signal.aborted
    ? (['not-begun', 'not begun'] as const)
    : (['held-back', 'not soft-deleted, as something before it has failed. Apply again once that is mended.'] as const);
  return round.map(({ name, action }) => {
    const result = { name, action, outcome, message };
    progress.ended(result);
    return result;
  });
}

/**
 * An external id that moves from one tenant to another is given up first: no two may have it. One that two tenants
 * exchange is refused, as neither can be first. Deletions are a round of their own at the end: they are done only where
 * all else was.
 */
export function roundsOf(work: readonly Work[]): Work[][] {
  const givenUp = new Set(
    work.flatMap((it) =>
      it.action === 'change' && it.patch?.externalId !== undefined && it.tenant.externalId !== null
        ? [it.tenant.externalId]
        : [],
    ),
  );
  const isTaking = (it: Work): boolean =>
    it.action !== 'delete' && it.changes.some(({ field, to }) => field === 'externalId' && givenUp.has(String(to)));
  const kept = work.filter((it) => !isDeletion(it));
  return [kept.filter((it) => !isTaking(it)), kept.filter(isTaking), work.filter(isDeletion)].filter(
    (it) => it.length > 0,
  );
}

async function inParallel(round: readonly Work[], concurrency: number, around: Surroundings): Promise<Result[]> {
  const waiting = [...round];
  const results: Result[] = [];
  const takeAll = async () => {
    for (let it = waiting.shift(); it !== undefined; it = waiting.shift()) {
      const result = around.signal.aborted
        ? { name: it.name, action: it.action, outcome: 'not-begun' as const, message: 'not begun' }
        : await carryOutOne(it, around);
      results.push(result);
      around.progress.ended(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, round.length) }, takeAll));
  return results;
}

/** How the command ends: by the worst of them, first what says that nothing more is known. */
export function exitCodeOf(results: readonly Result[]): number {
  const has = (...outcomes: Result['outcome'][]) => results.some(({ outcome }) => outcomes.includes(outcome));
  if (has('not-begun')) return EXIT.interrupted;
  if (has('unreachable')) return EXIT.unreachable;
  if (has('refused', 'changed-since', 'rolled-back', 'held-back')) return EXIT.refused;
  return has('parked') ? EXIT.parked : EXIT.done;
}
