import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import type { StuckListBody } from '@freeflow/contract/http';
import { Argument, type Command } from 'commander';
import { EXIT, Failure } from '../../failure';
import { parkOf } from '../../follow';
import { waitAsTold } from '../../passing';
import { sayAside } from '../../show/printable';
import { stuckTable } from '../../show/stuck';
import { inColumns } from '../../show/table';
import { showOnce, watch, type Snapshot } from '../../show/watch';
import { addFollowOptions } from './change';
import { followToEnd, type FollowOptions } from './follow-to-end';
import { type CommonOptions, type Host, printJson, type Tools, toolsOf } from './tools';

interface AnswerOptions extends FollowOptions {
  step?: string;
  reason?: string;
  all?: boolean;
}

/** Adds what on-call needs: `stuck`, the answers `retry`, `abort` and `skip`, and `adopt`. */
export function addOnCall(tenants: Command, { env, end }: Host): void {
  addAdopt(tenants, { env, end });
  tenants
    .command('stuck')
    .description(
      'list everything that does not go on by itself, with its cause: parked, not started, without a run, with a run that fails, or overdue for its purge',
    )
    .option('-w, --watch', 'keep showing it, until Ctrl-C')
    .option('--json', 'as JSON; with --watch a line whenever something has changed')
    .addHelpText(
      'after',
      `
What each step means and what to do: docs/runbook.md
Exit code 3 when something is stuck, 0 when nothing is.

Examples:
  pnpm freeflow tenants stuck
  pnpm freeflow tenants retry --all`,
    )
    .action(async ({ watch: isWatched = false, ...options }: CommonOptions & { watch?: boolean }) => {
      const tools = toolsOf(options, env);
      const { tenants, watched, terminal } = tools;
      if (isWatched) await watch(terminal, async () => stuckSnapshot(await watched.stuck(), tools));
      const found = await tenants.stuck();
      showOnce(terminal, stuckSnapshot(found, tools));
      end(found.items.length === 0 ? EXIT.done : EXIT.parked);
    });

  addFollowOptions(tenants.command('retry'))
    .description('retry a parked step at once, or start an operation again whose run is gone or fails')
    .argument('[tenant]', 'name or id')
    .option('--step <step>', 'only this step')
    .option('--all', 'everything that is stuck, instead of one tenant')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants retry acme
  pnpm freeflow tenants retry acme --step keycloak.create
  pnpm freeflow tenants retry --all --step keycloak.create`,
    )
    .action(async (tenant: string | undefined, options: AnswerOptions) => {
      if ((tenant === undefined) === (options.all !== true))
        throw new Failure(
          EXIT.usage,
          'Name a tenant, or use --all for everything that is stuck.',
          'See what is stuck: freeflow tenants stuck',
        );
      const tools = toolsOf(options, env);
      end(
        tenant === undefined ? await retryAll(tools, options.step) : await giveAnswer(tools, tenant, 'retry', options),
      );
    });

  addFollowOptions(tenants.command('abort'))
    .description('abort a parked operation: all of it is undone')
    .argument('<tenant>', 'name or id')
    .option('--reason <text>', 'kept with the operation')
    .addHelpText(
      'after',
      `
Example:
  pnpm freeflow tenants abort acme --reason "ordered by mistake"`,
    )
    .action(async (tenant: string, options: AnswerOptions) => {
      end(await giveAnswer(toolsOf(options, env), tenant, 'abort', options));
    });

  addFollowOptions(tenants.command('skip'))
    .description('leave a parked drop or undo behind; the operation ends incomplete and the name stays taken')
    .argument('<tenant>', 'name or id')
    .requiredOption('--reason <text>', 'why; kept with the operation')
    .option('--step <step>', 'only this step')
    .addHelpText(
      'after',
      `
Example:
  pnpm freeflow tenants skip acme --step qdrant.drop --reason "that server is lost"`,
    )
    .action(async (tenant: string, options: AnswerOptions) => {
      end(await giveAnswer(toolsOf(options, env), tenant, 'skip', options));
    });
}

function addAdopt(tenants: Command, { env, end }: Host): void {
  addFollowOptions(tenants.command('adopt'))
    .description("after a restore: record the new id of the resource that carries the tenant's nonce")
    .argument('<tenant>', 'name or id')
    .addArgument(new Argument('<backend>', 'where').choices(BACKEND_KINDS))
    .option('--server', 'also from another server than the recorded one')
    .addHelpText(
      'after',
      `
Changes nothing at the backend, and refuses a resource without the tenant's nonce. Who did it is recorded.

Example:
  pnpm freeflow tenants adopt acme postgres`,
    )
    .action(
      async (
        tenant: string,
        backend: BackendKind,
        { server = false, ...options }: FollowOptions & { server?: boolean },
      ) => {
        const tools = toolsOf(options, env);
        const { id } = await tools.tenants.find(tenant);
        end(await followToEnd(tools, await tools.tenants.adopt(id, backend, server), options));
      },
    );
}

async function giveAnswer(
  tools: Tools,
  tenant: string,
  action: 'retry' | 'abort' | 'skip',
  options: AnswerOptions,
): Promise<number> {
  const { step, reason } = options;
  const { id, operation, interrupted } = await tools.tenants.find(tenant);
  const rowsSince = tools.followed.logs(id);
  await waitAsTold(rowsSince);
  // The operation seen now: one that begins meanwhile is not meant.
  const meant = operation === null || operation.endedAt !== null ? {} : { operationId: operation.id };
  const answered = await tools.tenants.change(id, action, {
    ...(step === undefined ? {} : { step }),
    ...(reason === undefined ? {} : { reason }),
    ...meant,
  });
  const seen = [operation, interrupted, answered.operation].flatMap((it) => it?.parked ?? []);
  const meantParks = seen.filter((it) => step === undefined || it.step === step).map(parkOf);
  return followToEnd(tools, answered, { ...options, answer: { parks: new Set(meantParks), rowsSince } });
}

function stuckSnapshot(answer: StuckListBody, { terminal, freeflow }: Tools): Snapshot {
  const { items, isComplete, notShown, notAsked } = answer;
  const none = isComplete ? 'Nothing is stuck.' : 'Nothing stuck was found.';
  const text = items.length === 0 ? none : stuckTable(items, terminal.columns, freeflow);
  return { answer, text, notes: gaps(notShown, notAsked) };
}

/** Why a list of what is stuck is not all of it. */
const gaps = (notShown: number, notAsked: number): string[] => [
  ...(notShown > 0
    ? [`${notShown} more are stuck. Parked ones are shown first, the oldest of each kind before the others.`]
    : []),
  ...(notAsked > 0
    ? [
        `Temporal did not answer in time for ${notAsked} operations in progress, so this may not be all: their runs may be gone or failing.`,
      ]
    : []),
];

async function retryAll({ tenants, terminal, freeflow }: Tools, step: string | undefined): Promise<number> {
  const { items, isComplete } = await tenants.retryAll(step);
  if (terminal.isJson) printJson({ items, isComplete });
  else if (items.length === 0) terminal.print(`Nothing is stuck${step === undefined ? '' : ` at ${step}`}.`);
  else
    terminal.print(
      `${inColumns(
        ['NAME', 'RESULT'],
        items.map(({ name, result }) => [name, result]),
        terminal.columns,
      )}\nSee what is still stuck: ${freeflow} tenants stuck`,
    );
  if (!isComplete) sayAside('More is stuck than one command retries. Repeat it.');
  return items.every(({ result }) => result === 'retried') ? EXIT.done : EXIT.refused;
}
