import type { ReportBody } from '@freeflow/contract/http';
import pc from 'picocolors';
import { inColumns } from './table';

type Finding = ReportBody['findings'][number];

/** What a reconciliation has found, one line each, and the ways back ready to paste. */
export function reportText(
  { findings, counts, fix }: ReportBody,
  columns: number | undefined,
  freeflow: string,
): string {
  const looked = amount(counts['resources'] ?? 0, 'resource');
  if (findings.length === 0) return `${looked} compared: ${pc.green('everything is as recorded')}.`;
  const open = findings.filter(({ fixed }) => !fixed);
  const [fixable, orphans] = [open.filter((it) => it.fixable), open.filter((it) => it.class === 'orphan')];
  return [
    inColumns(['CLASS', 'RESOURCE', 'NAME', 'WHAT'], findings.map(rowOf), columns),
    '',
    `${looked} compared: ${amount(findings.length, 'finding')}${fix ? `, ${findings.length - open.length} fixed` : ''}.`,
    ...(fixable.length === 0 ? [] : [`Repair what is safe, ${fixable.length} of them: ${freeflow} reconcile --fix`]),
    ...(orphans.length === 0
      ? []
      : [
          'Drop an orphan for good, after checking what it holds:',
          ...orphans.map(
            (it) => `  ${freeflow} resources drop ${it.backend ?? ''} ${it.name ?? ''} --id ${it.id ?? ''}`,
          ),
        ]),
    'What each means and the way back: docs/runbook.md#reconcile',
  ].join('\n');
}

const rowOf = ({ class: its, backend, name, what, fixed }: Finding): string[] => [
  its,
  backend ?? 'operation',
  name ?? '-',
  fixed ? `fixed: ${what}` : what,
];

const amount = (count: number, of: string): string => `${count} ${of}${count === 1 ? '' : 's'}`;
