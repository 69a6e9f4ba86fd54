import type { TenantBody } from '@freeflow/contract/http';
import type { Command } from 'commander';
import { EXIT, Failure } from '../../failure';
import { identityLines } from '../../show/identity';
import { addIdentityOptions, collectKey, identityOf, type IdentityOptions } from './identity-options';
import { type CommonOptions, type Host, printJson, type Tools, toolsOf } from './tools';

/** Adds what an administrator sets of a tenant, at once and without any run: `update`, `hold`, `unhold`. */
export function addIdentity(tenants: Command, { env }: Host): void {
  addIdentityOptions(tenants.command('update'))
    .description('change what a tenant is called, its labels, or whether it is protected; what is not named stays')
    .argument('<tenant>', 'name or id')
    .option('--no-display-name', 'clear it')
    .option('--no-external-id', 'clear it')
    .option('--remove-label <key>', 'remove a label; may be repeated', collectKey)
    .option('--no-protect', 'allow deletions again')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants update acme --display-name "Acme Inc." --label tier=gold --remove-label trial
  pnpm freeflow tenants update acme --protect`,
    )
    .action(async (tenant: string, { json, ...given }: IdentityOptions & CommonOptions) => {
      const patch = identityOf(given);
      if (Object.keys(patch).length === 0)
        throw new Failure(EXIT.usage, 'Nothing to change is named.', 'See what can be: freeflow tenants update --help');
      const tools = toolsOf(json ? { json } : {}, env);
      const { id } = await tools.tenants.find(tenant);
      show(tools, await tools.tenants.update(id, patch));
    });

  tenants
    .command('hold')
    .description('keep the data of a tenant until a date: no purge and no hard delete before, not even a forced one')
    .argument('<tenant>', 'name or id')
    .requiredOption('--until <date>', 'such as 2027-01-31, or 2027-01-31T12:00:00Z; a date begins at midnight UTC')
    .requiredOption('--reason <text>', 'why; shown with the tenant')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Example:
  pnpm freeflow tenants hold acme --until 2099-01-31 --reason "case 4711"`,
    )
    .action(
      async (tenant: string, { until, reason, ...options }: CommonOptions & { until: string; reason: string }) => {
        const tools = toolsOf(options, env);
        const { id } = await tools.tenants.find(tenant);
        show(tools, await tools.tenants.hold(id, { until: toMoment(until), reason }));
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

/** A day alone is its midnight in UTC; all else is the API's to judge. */
const toMoment = (until: string): string => (/^\d{4}-\d\d-\d\d$/.test(until) ? `${until}T00:00:00Z` : until);

function show({ terminal }: Tools, tenant: TenantBody): void {
  if (terminal.isJson) printJson(tenant);
  else terminal.print(identityLines(tenant).join('\n'));
}
