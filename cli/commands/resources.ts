import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { colours as pc } from '@freeflow/lib/colours';
import { Argument, type Command } from 'commander';
import { caller } from '../client/http';
import { reconcilerOf } from '../client/reconcile';
import { openSession } from '../client/session';
import { confirm } from '../confirm';
import { EXIT } from '../failure';
import { waitingFor } from '../show/waiting';
import { openTerminal } from '../terminal';
import { type CommonOptions, type Host, printJson } from './tenants/tools';

/** Adds `freeflow resources drop`, which has the name typed first. */
export function addResources(program: Command, { env, end }: Host): void {
  program
    .command('resources')
    .description('resources at the backends')
    .command('drop')
    .description(
      'drop one orphan that reconcile has reported: created by this installation, in no live row of the ledger',
    )
    .addArgument(new Argument('<backend>', 'its backend').choices(BACKEND_KINDS))
    .argument('<name>', 'its name there')
    .requiredOption('--id <id>', 'its id, exactly as reconcile reports it')
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Drops its data for good. Who did it is recorded.
Exit codes: 0 dropped, 1 refused or failed, 2 wrong usage, 4 unreachable.

Example:
  pnpm freeflow resources drop postgres freeflow_acme --id 16785`,
    )
    .action(
      async (
        backend: BackendKind,
        name: string,
        { id, yes = false, ...options }: CommonOptions & { id: string; yes?: boolean },
      ) => {
        const terminal = openTerminal(options);
        if (!yes) await confirm(terminal, name, `All data of ${name} at ${backend} will be dropped for good.`);
        const drop = await waitingFor(
          terminal,
          `Dropping ${name} at ${backend}`,
          reconcilerOf(caller(openSession(env))).drop(backend, name, id),
        );
        if (terminal.isJson) printJson(drop);
        else
          terminal.print(
            drop.state === 'done'
              ? `${pc.bold(name)} is dropped; its absence was read back.`
              : `${pc.bold(name)}: ${pc.red(drop.state)}: ${drop.cause ?? 'unknown'}`,
          );
        end(drop.state === 'done' ? EXIT.done : EXIT.refused);
      },
    );
}
