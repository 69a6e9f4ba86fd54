import type { Command } from 'commander';
import { apply } from '../apply/apply';
import { readTenantsFile } from '../apply/read-file';
import { EXIT, Failure } from '../failure';
import { collectLabelFilter } from './tenants/identity-options';
import { type CommonOptions, type Host, toolsOf } from './tenants/tools';

interface ApplyOptions extends CommonOptions {
  file: string;
  dryRun?: boolean;
  prune?: boolean;
  pruneLimit?: string;
  label?: string[];
  yes?: boolean;
  concurrency: string;
}

/** Each that is followed holds a stream of events open, of which a principal may have a hundred. */
const MOST_AT_A_TIME = 50;
const MOST_PRUNED = 1_000_000;

/** Adds `freeflow apply`, which makes the tenants what a file says. */
export function addApply(program: Command, { env, end }: Host): void {
  program
    .command('apply')
    .description('make the tenants what a file says; shows what it would do, and asks, before it does anything')
    .requiredOption('-f, --file <path>', 'the file, YAML or JSON; - for what is piped in')
    .option('--dry-run', 'show what would be done, and end')
    .option('--prune', 'soft-delete tenants that the file does not have, but none that is protected or held')
    .option('--prune-limit <n>', 'so many at most; needed for more than a tenth of all, or an empty file')
    .option('--label <key=value>', 'with --prune: only tenants with this label; may be repeated', collectLabelFilter)
    .option('--yes', 'do not ask for confirmation')
    .option('--concurrency <n>', 'so many tenants at a time', '4')
    .option('--json', 'the plan, and what came of it, as JSON')
    .addHelpText(
      'after',
      `
A field that the file leaves out stays as it is. Repeated, it does what is left to do.
Exit codes: 0 all is as the file says; 1 something is not, with the reason; 2 wrong usage, a wrong file, or --prune of
too many; 3 parked; 4 unreachable; 5 with --dry-run: something is not as the file says.

Examples:
  pnpm freeflow apply -f tenants.yaml --dry-run
  pnpm freeflow apply -f tenants.yaml --prune --label team=shop --yes`,
    )
    .action(async ({ file, concurrency, ...options }: ApplyOptions) => {
      const atATime = numberOf('--concurrency', concurrency, 1, MOST_AT_A_TIME);
      const { prune = false, pruneLimit, label: labels = [], dryRun = false, yes = false } = options;
      if (!prune && (pruneLimit !== undefined || labels.length > 0))
        throw new Failure(EXIT.usage, '--prune-limit and --label need --prune.', 'Without it nothing is deleted.');
      const limit = pruneLimit === undefined ? undefined : numberOf('--prune-limit', pruneLimit, 0, MOST_PRUNED);
      const entries = readTenantsFile(file);
      const prunes = prune ? { labels, limit } : undefined;
      const interrupted = new AbortController();
      const tools = toolsOf(options, env, interrupted.signal);
      end(await apply(entries, tools, { dryRun, yes, concurrency: atATime, interrupted, prune: prunes }));
    });
}

function numberOf(option: string, given: string, least: number, most: number): number {
  const value = /^\d{1,7}$/.test(given) ? Number(given) : NaN;
  if (value >= least && value <= most) return value;
  throw new Failure(
    EXIT.usage,
    `${option} ${given} is not a number from ${least} to ${most}.`,
    'See freeflow apply --help',
  );
}
