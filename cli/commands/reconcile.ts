import { Argument, type Command } from 'commander';
import pc from 'picocolors';
import { caller } from '../client/http';
import { reconcilerOf, type Report } from '../client/reconcile';
import { openSession } from '../client/session';
import { EXIT } from '../failure';
import { invocationOf } from '../invocation';
import { inColumns } from '../show/table';
import { waitingFor } from '../show/waiting';
import { openTerminal } from '../terminal';
import { type CommonOptions, type Host, printJson } from './tenants/tools';

const RESOURCES = ['postgres', 'mongodb', 'qdrant', 'keycloak'];

/** Adds `freeflow reconcile` and `freeflow resources drop`. */
export function addReconcile(program: Command, { env, end }: Host): void {
  program.command('reconcile')
    .description('compare master database, ledger and servers: what is missing, orphaned, drifted, stale or unknown')
    .option('--fix', 'repair what is safe: access, grants, operations without a run; nothing is ever dropped')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Exit codes: 0 nothing was found, or all of it was fixed; 1 something is left; 4 unreachable.

Examples:
  pnpm freeflow reconcile
  pnpm freeflow reconcile --fix`)
    .action(async ({ fix = false, ...options }: CommonOptions & { fix?: boolean }) => {
      const terminal = openTerminal(options);
      const report = await waitingFor(terminal, 'Comparing master database, ledger and servers', reconcilerOf(caller(openSession(env))).reconcile(fix));
      if (terminal.isJson) printJson(report);
      else terminal.say(reportText(report, terminal.columns, invocationOf(env)));
      end(report.findings.every(({ fixed }) => fixed) ? EXIT.done : EXIT.refused);
    });

  program.command('resources').description('what stands at the servers').command('drop')
    .description('drop one orphan that reconcile has named: ours, and in no live row of the ledger')
    .addArgument(new Argument('<resource>', 'where').choices(RESOURCES))
    .argument('<name>', 'what it is called there')
    .requiredOption('--id <id>', 'its id, as reconcile has it: it has to be that very one')
    .option('--json', 'as JSON')
    .addHelpText('after', `
Its data is gone then. Who asked for it is recorded.

Example:
  pnpm freeflow resources drop postgres freeflow_acme --id 16785`)
    .action(async (resource: string, name: string, { id, ...options }: CommonOptions & { id: string }) => {
      const terminal = openTerminal(options);
      const drop = await waitingFor(terminal, `Dropping ${name} at ${resource}`, reconcilerOf(caller(openSession(env))).drop(resource, name, id));
      const told = drop.state === 'done' ? `${pc.bold(name)} is dropped, and was seen absent.` : `${pc.bold(name)}: ${pc.red(drop.state)}: ${drop.cause ?? 'unknown'}`;
      if (terminal.isJson) printJson(drop);
      else terminal.say(told);
      end(drop.state === 'done' ? EXIT.done : EXIT.refused);
    });
}

function reportText({ findings, counts }: Report, columns: number | undefined, freeflow: string): string {
  const looked = `${counts['resources'] ?? 0} resources looked at`;
  if (findings.length === 0) return `${looked}: all is as recorded.`;
  const rows = findings.map(({ class: its, resource, name, id, what, fixed }) => [its, resource ?? 'operation', name ?? '-', id ?? '-', fixed ? `fixed: ${what}` : what]);
  const isOpen = (its: string) => findings.some((it) => it.class === its && !it.fixed);
  return [
    inColumns(['CLASS', 'RESOURCE', 'NAME', 'ID', 'WHAT'], rows, columns),
    '',
    `${looked}, ${findings.length} findings, ${counts['fixed'] ?? 0} of them fixed.`,
    ...(findings.some((it) => it.fixable && !it.fixed) ? [`Repair what is safe: ${freeflow} reconcile --fix`] : []),
    ...(isOpen('orphan') ? [`Drop an orphan for good: ${freeflow} resources drop RESOURCE NAME --id ID`] : []),
    'What each means and the way back: docs/runbook.md#reconcile',
  ].join('\n');
}
