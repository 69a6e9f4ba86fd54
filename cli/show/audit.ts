import type { AuditEventBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { inColumns } from './table';

/** The audit trail as a table. */
export const auditTable = (rows: readonly AuditEventBody[], columns: number | undefined): string =>
  inColumns(['TIME', 'ACTOR', 'FROM', 'ACTION', 'TENANT', 'OUTCOME', 'DETAIL'], rows.map(cellsOf), columns);

function cellsOf(row: AuditEventBody): string[] {
  const { at, actor, actorName, channel, address, action, tenantName, tenantId, outcome } = row;
  const name = actorName === null || actorName === actor ? '' : ` (${actorName})`;
  return [
    pc.dim(at),
    actor === null ? '-' : `${actor}${name}`,
    address ?? channel,
    action,
    tenantName ?? tenantId ?? '-',
    outcomeText(row, outcome),
    detailText(row),
  ];
}

function outcomeText({ status, code, count }: AuditEventBody, outcome: AuditEventBody['outcome']): string {
  const why = [status, code].filter((it) => it !== null).join(' ');
  const times = count === 1 ? '' : ` x ${count}`;
  const text = `${outcome}${why === '' ? '' : `: ${why}`}${times}`;
  return outcome === 'refused' || outcome === 'failed' ? pc.red(text) : text;
}

const detailText = ({ detail }: AuditEventBody): string =>
  typeof detail !== 'object' || detail === null
    ? ''
    : Object.entries(detail)
        .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' ');
