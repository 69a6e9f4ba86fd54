import { colours as pc } from '@freeflow/lib/colours';
import { pastable } from '../invocation';
import { planOf, type FieldChange, type Planned } from './planned';

/** The plan for people, as Terraform shows its own: what is made, changed and deleted, then what needs a person. */
export function planText(plan: readonly Planned[], freeflow: string): string {
  const shown = plan.filter((it) => it.action !== 'unchanged');
  return [...shown.flatMap((it) => linesOf(it, freeflow)), ...(shown.length === 0 ? [] : ['']), summaryOf(plan)].join(
    '\n',
  );
}

function linesOf(it: Planned, freeflow: string): string[] {
  switch (it.action) {
    case 'create':
      return [`${pc.green('+')} ${pc.bold(it.name)}  create`, ...it.changes.map(newLine)];
    case 'change': {
      const first = it.awaits === undefined ? '' : `, once its ${it.awaits.kind} in progress has ended`;
      const what = it.changes.length === 0 ? 'follow' : 'change';
      return [`${pc.yellow('~')} ${pc.bold(it.name)}  ${what}${first}`, ...it.changes.map(changeLine)];
    }
    case 'delete':
      return [
        `${pc.red('-')} ${pc.bold(it.name)}  soft-delete: not in the file; access is cut, data kept until purged`,
      ];
    case 'blocked':
      return [`${pc.red('!')} ${pc.bold(it.name)}  left alone: ${it.why}`, `    ${pastable(it.advice, freeflow)}`];
    case 'kept':
      return [`${pc.dim('=')} ${pc.bold(it.name)}  not in the file, and kept: ${it.why}`];
    case 'unchanged':
      return [];
  }
}

const newLine = ({ field, to }: FieldChange): string => `    ${field}: ${valueText(to)}`;

const changeLine = ({ field, from, to }: FieldChange): string =>
  `    ${field}: ${pc.dim(valueText(from))} → ${valueText(to)}`;

const valueText = (value: FieldChange['to']): string => (value === null ? '(none)' : JSON.stringify(value));

function summaryOf(plan: readonly Planned[]): string {
  const count = (action: Planned['action']) => planOf(plan, action).length;
  const parts = [
    `${count('create')} to create`,
    `${count('change')} to change`,
    `${count('delete')} to soft-delete`,
    ...(count('blocked') === 0 ? [] : [`${count('blocked')} left alone`]),
    `${count('unchanged') + count('kept')} unchanged`,
  ];
  return `${pc.bold('Plan:')} ${parts.join(', ')}.`;
}
