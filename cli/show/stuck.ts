import { commandAdviceOnStuck, operationTitle, STUCK } from '@freeflow/contract';
import type { StuckTenant } from '../client/tenants';
import { pastable } from '../invocation';
import { inColumns } from './table';
import { age } from './time';

/** What does not go on by itself, a line for each parked step, then what to do about it. */
export function stuckTable(items: readonly StuckTenant[], columns: number | undefined, freeflow: string): string {
  const advice = [...new Set(items.flatMap(advicesOn))].map((it) => pastable(it, freeflow));
  const canRetry = items.some(({ why }) => why !== 'overdue-purge' && why !== 'overdue-retire');
  return [
    inColumns(['NAME', 'OPERATION', 'STEP', 'FAILED', 'SINCE', 'CAUSE'], items.flatMap(rowsOf), columns),
    '',
    ...advice,
    ...(canRetry ? [`Retry everything: ${freeflow} tenants retry --all`] : []),
  ].join('\n');
}

/** A parked step has an advice of its own; the others are advised by the reason. */
const advicesOn = ({ why, operation }: StuckTenant): string[] =>
  why === 'parked' && operation !== null && operation.parked.length > 0
    ? operation.parked.map((it) => it.advice)
    : [commandAdviceOnStuck(why)];

function rowsOf({ name, why, operation, purgeAt }: StuckTenant): string[][] {
  if (why === 'overdue-purge') return [[name, 'purge', '-', '0', age(purgeAt ?? ''), STUCK[why].cause]];
  if (why === 'overdue-retire') return [[name, 'retire', '-', '0', '-', STUCK[why].cause]];
  if (operation === null) return [[name, '-', '-', '0', '-', STUCK[why].cause]];
  const [kind, failed] = [operationTitle(operation.kind), String(operation.attempts)];
  if (why === 'parked' && operation.parked.length > 0)
    return operation.parked.map(({ step, since, cause }) => [name, kind, step, failed, age(since), cause]);
  const cause = (why === 'parked' ? operation.cause : null) ?? STUCK[why].cause;
  return [[name, kind, operation.step ?? '-', failed, age(operation.requestedAt), cause]];
}
