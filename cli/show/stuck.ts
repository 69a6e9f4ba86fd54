import type { StuckTenant } from '../client/tenants';
import { inColumns } from './table';
import { age } from './time';

/** What to show for a cause where the operation has none of its own. */
const CAUSES: Readonly<Record<string, string>> = {
  'not-started': 'nothing has begun it',
  'run-gone': 'its run was ended from outside',
  'run-fails': "no worker can carry its run on: see the worker's log; a retry begins anew",
  'overdue-purge': 'its data is due to be dropped, and nothing has begun to',
};

/** What does not go on by itself, a line each, then what to do about it. */
export function stuckTable(items: readonly StuckTenant[], columns: number | undefined, freeflow: string): string {
  const advice = [...new Set(items.flatMap((it) => it.advice ?? []))];
  const canRetry = items.some(({ why }) => why !== 'overdue-purge');
  return [
    inColumns(['NAME', 'OPERATION', 'STEP', 'FAILED', 'SINCE', 'CAUSE'], items.map(rowOf), columns),
    '',
    ...advice,
    ...(canRetry ? [`All at once: ${freeflow} tenants retry --stuck`] : []),
  ].join('\n');
}

function rowOf({ name, why, operation, purgeAt }: StuckTenant): string[] {
  if (why === 'overdue-purge') return [name, 'purge', '-', '0', age(purgeAt ?? ''), CAUSES[why] ?? why];
  const { kind = '', step, attempts = 0, requestedAt = '', cause } = operation ?? {};
  return [
    name,
    kind.replaceAll('_', ' '),
    step ?? '-',
    String(attempts),
    age(requestedAt),
    why === 'parked' ? (cause ?? '') : (CAUSES[why] ?? why),
  ];
}
