import { OPERATION_KINDS, type Answer, type OperationKind } from '@freeflow/contract';

/*
 * Answers also come from Temporal's UI and CLI, where nothing has checked them. What can't be read as one is refused
 * here: thrown on in a handler it would fail the workflow task, again and again, and the run would hang.
 */

const ACTIONS: ReadonlySet<unknown> = new Set(['retry', 'abort', 'skip'] satisfies Answer['action'][]);
/** Those of the API, and then some: a step's name, a reason, a person, an id. */
const MOST = { step: 100, reason: 1_000, by: 255, operationId: 36, requestId: 64 } as const;
/** Control characters and lone surrogates: of them PostgreSQL stores not all, and none belongs into a log. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** Reads an answer as it came; undefined where it is none. Fields that are not known are left out. */
export function parseAnswer(given: unknown): Answer | undefined {
  if (!isObject(given) || !ACTIONS.has(given['action']) || !isText(given['by'], MOST.by)) return undefined;
  const { action, by, step, reason, operationId, requestId } = given as Record<string, unknown> &
    Pick<Answer, 'action' | 'by'>;
  if (
    !isTextOrNone(step, MOST.step) ||
    !isTextOrNone(reason, MOST.reason) ||
    !isTextOrNone(operationId, MOST.operationId) ||
    !isTextOrNone(requestId, MOST.requestId)
  )
    return undefined;
  return {
    action,
    by,
    ...(isSet(step) ? { step } : {}),
    ...(isSet(reason) ? { reason } : {}),
    ...(isSet(operationId) ? { operationId } : {}),
    ...(isSet(requestId) ? { requestId } : {}),
  };
}

/** Who interrupts, if the signal names it. */
export const readInterrupter = (by: unknown): string => (isText(by, MOST.by) ? by : 'unknown');

/** For what: a forced deletion where the signal says nothing of it, as those of older builds. */
export const readInterruption = (kind: unknown): OperationKind =>
  OPERATION_KINDS.find((it) => it === kind) ?? 'hard_delete';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= most && !UNFIT.test(value);

/** Temporal's UI and other languages' clients send null for what is left out. */
const isTextOrNone = (value: unknown, most: number): value is string | null | undefined =>
  value === undefined || value === null || isText(value, most);

const isSet = (value: string | null | undefined): value is string => typeof value === 'string';
