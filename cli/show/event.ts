import { eventNameOf } from '@freeflow/contract';
import type { CloudEventBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';

/** What a line shows of an event beyond its name; whatever else it tells is for `--json`. */
const SHOWN = [
  'kind',
  'state',
  'from',
  'to',
  'status',
  'changed',
  'action',
  'by',
  'step',
  'cause',
  'message',
  'reason',
] as const;

/** One event as a line for people. */
export function eventLine({ id, time, subject, type, data }: CloudEventBody): string {
  const parts = SHOWN.flatMap((name) => {
    const value = data[name];
    return typeof value === 'string' || Array.isArray(value) ? [String(value)] : [];
  });
  return `${pc.dim(time)}  ${pc.dim(id)}  ${subject}  ${eventNameOf(type) ?? type}${parts.length === 0 ? '' : `  ${parts.join('  ')}`}`;
}
