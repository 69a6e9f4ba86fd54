import {
  BACKEND_KINDS,
  BACKEND_STEP_NAMES,
  BACKEND_VERBS,
  BACKENDS,
  backendStepName,
  isOpenState,
  RECORD_STEPS,
  rowOf,
  SETTLING_STEPS,
  settlingStepOf,
  type BackendVerb,
  type RecordStepName,
} from '@freeflow/contract';
import type { LogRowBody, OperationBody } from '@freeflow/contract/http';

/** How a step stands, as far as its rows in the log and its operation say. */
export type StepState = 'done' | 'failed' | 'parked' | 'next' | 'later' | 'left-out';

export interface Step {
  name: string;
  title: string;
  state: StepState;
  /** How often it was tried. */
  attempts: number;
  /** Of all attempts together. */
  durationMs: number;
  /** When the last attempt ended. */
  at: string | null;
  /** What the last attempt said. */
  message: string | null;
}

/** What an operation does, in the order of its parts; those of one part go on side by side. */
export interface Part {
  title: string;
  lanes: { title: string; steps: Step[] }[];
}

/**
 * The way of an operation: what was done, what is tried, and what comes next. The log has what has ended alone; the
 * rest follows from the row of its kind, by which the workflow goes as well.
 * @param rows those of this operation, in their order
 */
export function wayOf(operation: OperationBody, rows: readonly LogRowBody[]): Part[] {
  const row = rowOf(operation.kind);
  const { forward, undo, goals } = row;
  const isBack = operation.state === 'undoing' || operation.state === 'rolled_back';
  const seen = new Set(rows.map(({ step }) => step));
  const undoVerb = undo?.verb ?? undefined;
  // Only its run knows beforehand whether there is a blueprint to apply.
  const isDone = (verb: BackendVerb) => verb !== 'apply' || isSeen(verb, seen);
  const records = rows.filter(({ step }) => step in RECORD_STEPS).map(({ step }) => step as RecordStepName);
  const [settling] = goals.map((goal) => settlingStepOf(operation.kind, goal));
  const last = new Set<RecordStepName>([
    ...Object.values(SETTLING_STEPS),
    'restore-status',
    ...(isBack && undo !== null ? [undo.then] : settling === undefined ? [] : [settling]),
  ]);
  const isSettled = records.some((it) => last.has(it));
  // What was replaced is ended by the same operation only where it is given no time.
  const after =
    row.touches === 'every-backend' && row.after !== undefined && isSeen(row.after.verb, seen) ? row.after : undefined;
  const final = isBack ? undo?.then : settling;
  const before: RecordStepName[] = ['begin'];
  const parts: Part[] = [
    part('Begin', [lane('', before, operation, rows)]),
    part('At each backend, side by side', lanesOf(forward.filter(isDone), operation, rows)),
    ...(undoVerb !== undefined && (isBack || isSeen(undoVerb, seen))
      ? [part('Undone', lanesOf([undoVerb], operation, rows))]
      : []),
    part('End', [
      lane('', isSettled ? records.filter((it) => last.has(it)) : final === undefined ? [] : [final], operation, rows),
    ]),
    ...(after === undefined
      ? []
      : [
          part('After that, at each backend', lanesOf([after.verb], operation, rows)),
          part('End of that', [lane('', [after.then], operation, rows)]),
        ]),
  ];
  return markNext(withoutEmpty(parts), operation);
}

const isSeen = (verb: BackendVerb, seen: ReadonlySet<string>): boolean =>
  BACKEND_KINDS.some((kind) => seen.has(backendStepName(kind, verb)));

const part = (title: string, lanes: Part['lanes']): Part => ({ title, lanes });

const lanesOf = (verbs: readonly BackendVerb[], operation: OperationBody, rows: readonly LogRowBody[]) =>
  BACKEND_KINDS.filter((kind) => [kind, null].includes(operation.backend ?? operation.onlyAt)).map((kind) =>
    lane(
      `${BACKENDS[kind].title} ${BACKENDS[kind].resource}`,
      verbs.map((verb) => backendStepName(kind, verb)),
      operation,
      rows,
    ),
  );

const lane = (title: string, names: readonly string[], operation: OperationBody, rows: readonly LogRowBody[]) => ({
  title,
  steps: [...new Set(names)].map((name) => stepOf(name, operation, rows)),
});

function stepOf(name: string, operation: OperationBody, rows: readonly LogRowBody[]): Step {
  const its = rows.filter(({ step }) => step === name);
  const last = its.at(-1);
  const isParked = operation.parked.some(({ step }) => step === name);
  return {
    name,
    title: titleOf(name),
    state: isParked ? 'parked' : last === undefined ? 'later' : last.status === 'success' ? 'done' : 'failed',
    attempts: its.length,
    durationMs: its.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0),
    at: last?.createdAt ?? null,
    message: last?.message ?? null,
  };
}

/** A step in words. */
function titleOf(name: string): string {
  if (name in RECORD_STEPS) return RECORD_STEPS[name as RecordStepName].summary;
  if (BACKEND_STEP_NAMES.every((it) => it !== name)) return name;
  return BACKEND_VERBS[name.split('.')[1] as BackendVerb].summary;
}

/**
 * Of what has no row yet: the first of each lane, in the first part that is not over, is what is worked at or comes
 * next. Of an operation that has ended nothing comes any more.
 */
function markNext(parts: Part[], { state }: OperationBody): Part[] {
  const isOpen = isOpenState(state);
  const isOver = (it: Step) => it.state === 'done';
  const current = parts.findIndex(({ lanes }) => lanes.some(({ steps }) => !steps.every(isOver)));
  return parts.map(({ title, lanes }, at) => ({
    title,
    lanes: lanes.map((it) => {
      const first = it.steps.findIndex((step) => !isOver(step));
      const steps = it.steps.map((step, place) => {
        if (step.state !== 'later') return step;
        if (!isOpen) return { ...step, state: 'left-out' as const };
        return at === current && place === first ? { ...step, state: 'next' as const } : step;
      });
      return { title: it.title, steps };
    }),
  }));
}

/** Also what an operation that has ended never came to, such as backends that it had no business at. */
function withoutEmpty(parts: Part[]): Part[] {
  return parts
    .map(({ title, lanes }) => ({ title, lanes: lanes.filter(({ steps }) => steps.length > 0) }))
    .filter(({ lanes }) => lanes.length > 0);
}
