import type { TenantBody } from '@freeflow/contract/http';
import type { Command } from 'commander';
import { EXIT, Failure } from '../../failure';
import { identityLines } from '../../show/identity';
import { followToEnd, type FollowOptions } from './follow-to-end';
import { endOfHold } from './hold-until';
import { addIdentityOptions, collectKey, identityOf, type IdentityOptions } from './identity-options';
import { type CommonOptions, type Host, printJson, type Tools, toolsOf } from './tools';

/** Adds what an administrator sets of a tenant, at once but for its plan: `update`, `hold`, `unhold`. */
export function addIdentity(tenants: Command, { env, end }: Host): void {
  addIdentityOptions(tenants.command('update'))
    .description(
      'change what a tenant is called, its labels, its plan, or whether it is protected; what is not named stays',
    )
    .argument('<tenant>', 'name or id')
    .option('--no-display-name', 'clear it')
    .option('--no-external-id', 'clear it')
    .option('--remove-label <key>', 'remove a label; may be repeated', collectKey)
    .option('--no-plan', 'limit it by none any more')
    .option('--no-protect', 'allow deletions again')
    .option('--no-wait', 'with another plan: exit as soon as it is accepted')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants update acme --display-name "Acme Inc." --label tier=gold --remove-label trial
  pnpm freeflow tenants update acme --plan pro
  pnpm freeflow tenants update acme --protect`,
    )
    .action(async (tenant: string, { json, wait = true, ...given }: IdentityOptions & FollowOptions) => {
      const patch = identityOf(given);
      if (Object.keys(patch).length === 0)
        throw new Failure(EXIT.usage, 'Nothing to change is named.', 'See what can be: freeflow tenants update --help');
      const tools = toolsOf(json ? { json } : {}, env);
      const { id } = await tools.tenants.find(tenant);
      const updated = await tools.tenants.update(id, patch);
      if (patch.plan !== undefined && isPlanChanging(updated)) end(await followToEnd(tools, updated, { wait }));
      else show(tools, updated);
    });

  tenants
    .command('hold')
    .description(
      'keep the data of a tenant until a date: no purge and no hard delete before, not even a forced one; once it is active',
    )
    .argument('<tenant>', 'name or id')
    .requiredOption(
      '--until <when>',
      'such as 2099-01-31 (midnight UTC), 2099-01-31T12:00:00Z, or from now, by the clock here: 30d, 12h, 45m',
    )
    .requiredOption('--reason <text>', 'why; shown with the tenant')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants hold acme --until 2099-01-31 --reason "case 4711"
  pnpm freeflow tenants hold acme --until 30d --reason "until the audit is over"`,
    )
    .action(
      async (tenant: string, { until, reason, ...options }: CommonOptions & { until: string; reason: string }) => {
        const tools = toolsOf(options, env);
        const { id } = await tools.tenants.find(tenant);
        show(tools, await tools.tenants.hold(id, { until: endOfHold(until), reason }));
      },
    );

  tenants
    .command('unhold')
    .description('lift the hold of a tenant; a purge that was due meanwhile follows soon')
    .argument('<tenant>', 'name or id')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Example:
  pnpm freeflow tenants unhold acme`,
    )
    .action(async (tenant: string, options: CommonOptions) => {
      const tools = toolsOf(options, env);
      const { id } = await tools.tenants.find(tenant);
      show(tools, await tools.tenants.release(id));
    });
}

/** Whether it gets another plan by an operation that goes on. */
const isPlanChanging = ({ operation }: TenantBody): boolean =>
  operation?.kind === 'change_plan' && operation.endedAt === null;

function show({ terminal }: Tools, tenant: TenantBody): void {
  if (terminal.isJson) printJson(tenant);
  else terminal.print(identityLines(tenant).join('\n'));
}
