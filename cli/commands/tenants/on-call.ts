import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { Argument, type Command } from 'commander';
import { EXIT, Failure } from '../../failure';
import { parkOf } from '../../follow';
import { stuckTable } from '../../show/stuck';
import { inColumns } from '../../show/table';
import { addFollowOptions } from './change';
import { followToEnd, type FollowOptions } from './follow-to-end';
import { type CommonOptions, type Host, printJson, type Tools, toolsOf } from './tools';

interface AnswerOptions extends FollowOptions {
  step?: string;
  reason?: string;
  stuck?: boolean;
}

/** Adds what on-call needs at night: `stuck`, the answers `retry`, `abort`, `skip`, and `adopt`. */
export function addOnCall(tenants: Command, { env, end }: Host): void {
  addAdopt(tenants, { env, end });
  tenants
    .command('stuck')
    .description(
      'list everything that does not go on by itself, with its cause: parked, never started, without a run, with a run that fails, or a purge that is overdue',
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
What each step means and what to do: docs/runbook.md
Exit code 3 when something is stuck, 0 when nothing is.

Examples:
  pnpm freeflow tenants stuck
  pnpm freeflow tenants retry --stuck`,
    )
    .action(async (options: CommonOptions) => {
      end(await stuck(toolsOf(options, env)));
    });

  addFollowOptions(tenants.command('retry'))
    .description('try a stuck step again at once, or start an operation again whose run is gone or fails')
    .argument('[tenant]', 'name or id')
    .option('--step <step>', 'only this step')
    .option('--stuck', 'everything that is stuck, instead of one tenant')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants retry acme
  pnpm freeflow tenants retry acme --step keycloak.create
  pnpm freeflow tenants retry --stuck --step keycloak.create`,
    )
    .action(async (tenant: string | undefined, options: AnswerOptions) => {
      if ((tenant === undefined) === (options.stuck !== true))
        throw new Failure(
          EXIT.usage,
          'Name a tenant, or use --stuck for everything that is stuck.',
          'List it with: tenants stuck',
        );
      const tools = toolsOf(options, env);
      end(tenant === undefined ? await retryAll(tools, options.step) : await answer(tools, tenant, 'retry', options));
    });

  addFollowOptions(tenants.command('abort'))
    .description('stop a stuck operation and roll it back')
    .argument('<tenant>', 'name or id')
    .option('--reason <text>', 'kept with the operation')
    .addHelpText(
      'after',
      `
Example:
  pnpm freeflow tenants abort acme --reason "ordered by mistake"`,
    )
    .action(async (tenant: string, options: AnswerOptions) => {
      end(await answer(toolsOf(options, env), tenant, 'abort', options));
    });

  addFollowOptions(tenants.command('skip'))
    .description('leave out a parked drop or undo; the operation ends incomplete and the name stays taken')
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
      end(await answer(toolsOf(options, env), tenant, 'skip', options));
    });
}

function addAdopt(tenants: Command, { env, end }: Host): void {
  addFollowOptions(tenants.command('adopt'))
    .description("after a restore: record the new id of a resource that carries the tenant's ownership nonce")
    .argument('<tenant>', 'name or id')
    .addArgument(new Argument('<backend>', 'where').choices(BACKEND_KINDS))
    .option('--server', 'accept another server than the recorded one as well')
    .addHelpText(
      'after',
      `
Nothing is changed at the backend; a resource without the tenant's nonce is refused. The log records who did it.

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

async function answer(
  tools: Tools,
  tenant: string,
  action: 'retry' | 'abort' | 'skip',
  options: AnswerOptions,
): Promise<number> {
  const { step, reason } = options;
  const { id, operation, interrupted } = await tools.tenants.find(tenant);
  const rowsSince = tools.tenants.logs(id);
  await rowsSince();
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

async function stuck({ tenants, terminal, freeflow }: Tools): Promise<number> {
  const list = await tenants.stuck();
  const { items, isComplete, notShown, notAsked } = list;
  if (terminal.isJson) printJson(list);
  else if (items.length === 0) terminal.say(isComplete ? 'Nothing is stuck.' : 'Nothing stuck was found.');
  else terminal.say(stuckTable(items, terminal.columns, freeflow));
  if (notShown > 0)
    console.error(
      `${notShown} more are stuck than shown: parked ones come first, the oldest of each kind before the others.`,
    );
  if (notAsked > 0)
    console.error(
      `Temporal did not answer in time for ${notAsked} operations under way, so this list may be incomplete: those whose run is gone or fails are unknown.`,
    );
  return items.length === 0 ? EXIT.done : EXIT.parked;
}

async function retryAll({ tenants, terminal, freeflow }: Tools, step: string | undefined): Promise<number> {
  const { items, isComplete } = await tenants.retryAll(step);
  if (terminal.isJson) printJson({ items, isComplete });
  else if (items.length === 0) terminal.say(`Nothing is stuck${step === undefined ? '' : ` at ${step}`}.`);
  else
    terminal.say(
      `${inColumns(
        ['NAME', 'RESULT'],
        items.map(({ name, result }) => [name, result]),
        terminal.columns,
      )}\nSee what is still stuck: ${freeflow} tenants stuck`,
    );
  if (!isComplete) console.error('More is stuck than one call retries. Repeat the command.');
  return items.every(({ result }) => result === 'retried') ? EXIT.done : EXIT.refused;
}
