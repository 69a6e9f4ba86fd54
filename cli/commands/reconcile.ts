import type { Command } from 'commander';
import { caller } from '../client/http';
import { reconcilerOf } from '../client/reconcile';
import { openSession } from '../client/session';
import { EXIT } from '../failure';
import { invocationOf } from '../invocation';
import { reportText } from '../show/report';
import { waitingFor } from '../show/waiting';
import { openTerminal } from '../terminal';
import { type CommonOptions, type Host, printJson } from './tenants/tools';

/** Adds `freeflow reconcile`. */
export function addReconcile(program: Command, { env, end }: Host): void {
  program
    .command('reconcile')
    .description(
      'compare master database, ledger and backends: what is missing, orphaned, drifted, left over, stale or unknown',
    )
    .option('--fix', 'repair what is safe: access, grants, operations without a run; never drops anything')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Exit codes: 0 nothing found, or all of it fixed; 1 findings left; 4 unreachable.

Examples:
  pnpm freeflow reconcile
  pnpm freeflow reconcile --fix`,
    )
    .action(async ({ fix = false, ...options }: CommonOptions & { fix?: boolean }) => {
      const terminal = openTerminal(options);
      const report = await waitingFor(
        terminal,
        'Comparing master database, ledger and backends',
        reconcilerOf(caller(openSession(env))).reconcile(fix),
      );
      if (terminal.isJson) printJson(report);
      else terminal.print(reportText(report, terminal.columns, invocationOf(env)));
      end(report.findings.every(({ fixed }) => fixed) ? EXIT.done : EXIT.refused);
    });
}
