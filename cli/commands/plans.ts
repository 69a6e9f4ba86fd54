import { planList } from '@freeflow/contract/http';
import { ConfigError } from '@freeflow/lib/config';
import { readPlans } from '@freeflow/lib/plans';
import type { Command } from 'commander';
import { caller } from '../client/http';
import { openSession } from '../client/session';
import { EXIT, Failure } from '../failure';
import { planLines } from '../show/plans';
import { openTerminal } from '../terminal';
import { type CommonOptions, type Host, printJson } from './tenants/tools';

/** Adds `freeflow plans`: which there are, and whether a file of them is right. */
export function addPlans(program: Command, { env }: Host): void {
  const plans = program.command('plans').description('the plans by which tenants are limited');

  plans
    .command('list')
    .description('show the plans that tenants can have, as the API has them')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Example:
  pnpm freeflow plans list`,
    )
    .action(async (options: CommonOptions) => {
      const { items } = await caller(openSession(env))(planList, 'GET', '/plans');
      const terminal = openTerminal(options);
      if (terminal.isJson) printJson({ items });
      else terminal.print(planLines(items).join('\n'));
    });

  plans
    .command('check')
    .description('check a file of plans, as API and workers do when they start; asks nobody')
    .argument('[file]', 'YAML or JSON; left out: PLANS_FILE')
    .addHelpText(
      'after',
      `
Exit codes: 0 all is right; 2 something is wrong, each by file, line and column.

Example:
  pnpm freeflow plans check deploy/plans.example.yaml`,
    )
    .action((given: string | undefined) => {
      const file = given ?? env['PLANS_FILE'];
      if (file === undefined || file === '')
        throw new Failure(EXIT.usage, 'No file is named.', 'Name it, or set PLANS_FILE: freeflow plans check --help');
      openTerminal({}).print(`${file}: ${[...checked(file).keys()].join(', ') || 'no plans'}`);
    });
}

function checked(file: string) {
  try {
    return readPlans(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Failure(EXIT.usage, error.message, 'What a plan may say: docs/plans.md');
  }
}
