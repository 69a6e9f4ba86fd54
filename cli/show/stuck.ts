import { commandAdviceOnStuck, STUCK } from '@freeflow/contract';
import type { StuckTenant } from '../client/tenants';
import { inColumns } from './table';
import { age } from './time';

/** What does not go on by itself, a line each, then what to do about it. */
export function stuckTable(items: readonly StuckTenant[], columns: number | undefined, freeflow: string): string {
  const advice = [...new Set(items.map(adviceOn))];
  const canRetry = items.some(({ why }) => why !== 'overdue-purge');
  return [
    inColumns(['NAME', 'OPERATION', 'STEP', 'FAILED', 'SINCE', 'CAUSE'], items.map(rowOf), columns),
    '',
    ...advice,
    ...(canRetry ? [`All at once: ${freeflow} tenants retry --stuck`] : []),
  ].join('\n');
}

/** A parked step's own advice is the same for everybody; the others speak of requests where the API answers them. */
const adviceOn = ({ why, advice }: StuckTenant): string =>
  why === 'parked' && advice !== null ? advice : commandAdviceOnStuck(why);

function rowOf({ name, why, operation, purgeAt }: StuckTenant): string[] {
  if (why === 'overdue-purge') return [name, 'purge', '-', '0', age(purgeAt ?? ''), STUCK[why].cause];
  const { kind = '', step, attempts = 0, requestedAt = '', cause } = operation ?? {};
  return [
    name,
    kind.replaceAll('_', ' '),
    step ?? '-',
    String(attempts),
    age(requestedAt),
    why === 'parked' ? (cause ?? STUCK.parked.cause) : STUCK[why].cause,
  ];
}
