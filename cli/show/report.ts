import type { ReportBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { inColumns } from './table';

type Finding = ReportBody['findings'][number];

/** The findings of a reconciliation, one line each, and commands to repair them. */
export function reportText(
  { findings, counts, fix }: ReportBody,
  columns: number | undefined,
  freeflow: string,
): string {
  const checked = `${amount(counts['resources'] ?? 0, 'resource')} checked`;
  if (findings.length === 0) return `${checked}: ${pc.green('no findings')}.`;
  const open = findings.filter(({ fixed }) => !fixed);
  const [fixable, orphans] = [open.filter((it) => it.fixable), open.filter((it) => it.class === 'orphan')];
  return [
    inColumns(['CLASS', 'BACKEND', 'NAME', 'FINDING'], findings.map(rowOf), columns),
    '',
    `${checked}: ${amount(findings.length, 'finding')}${fix ? `, ${findings.length - open.length} fixed` : ''}.`,
    ...(fixable.length === 0 ? [] : [`Repair what is safe (${fixable.length}): ${freeflow} reconcile --fix`]),
    ...(orphans.length === 0
      ? []
      : [
          'Drop an orphan for good, once you have checked what it holds:',
          ...orphans.map(
            (it) => `  ${freeflow} resources drop ${it.backend ?? ''} ${it.name ?? ''} --id ${it.id ?? ''}`,
          ),
        ]),
    'What each class means and what to do: docs/runbook.md#reconcile',
  ].join('\n');
}

const rowOf = ({ class: its, backend, name, what, fixed }: Finding): string[] => [
  its,
  backend ?? 'operation',
  name ?? '-',
  fixed ? `fixed: ${what}` : what,
];

const amount = (count: number, of: string): string => `${count} ${of}${count === 1 ? '' : 's'}`;
