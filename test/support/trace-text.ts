import type { ReceivedSpan } from './otlp-receiver';

const ms = (value: number): string => String(Math.round(value)).padStart(6);
const backendOf = ({ attributes }: ReceivedSpan): string => String(attributes['freeflow.backend'] ?? '');

/**
 * A trace as a tree of lines: when each span begins after the first one, how long it lasts, and where it works. Calls
 * at the master database that follow each other are one line.
 */
export function traceText(spans: readonly ReceivedSpan[]): string {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const zero = Math.min(...spans.map(({ startedAt }) => startedAt));
  const childrenOf = ({ spanId }: ReceivedSpan) =>
    spans.filter(({ parentSpanId }) => parentSpanId === spanId).sort((one, other) => one.startedAt - other.startedAt);
  const isStatement = (span: ReceivedSpan) => backendOf(span) === 'master' && childrenOf(span).length === 0;

  const line = (depth: number, together: readonly ReceivedSpan[]): string => {
    const [first] = together;
    if (first === undefined) return '';
    const end = Math.max(...together.map(({ endedAt }) => endedAt));
    const title = '  '.repeat(depth) + together.map(({ name }) => name).join(', ');
    return `${ms(first.startedAt - zero)} ${ms(end - first.startedAt)}  ${title.padEnd(60)} ${backendOf(first)}`.trimEnd();
  };
  const linesOf = (siblings: readonly ReceivedSpan[], depth: number): string[] => {
    const [span, ...rest] = siblings;
    if (span === undefined) return [];
    const other = siblings.findIndex((it) => !isStatement(it));
    const count = isStatement(span) ? (other === -1 ? siblings.length : other) : 1;
    return [
      line(depth, siblings.slice(0, count)),
      ...linesOf(childrenOf(span), depth + 1),
      ...linesOf(rest.slice(count - 1), depth),
    ];
  };
  return [
    '  from   took',
    ...linesOf(
      spans.filter(({ parentSpanId }) => !ids.has(parentSpanId)),
      0,
    ),
  ].join('\n');
}
