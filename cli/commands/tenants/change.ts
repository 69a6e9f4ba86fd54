import { OPERATION_REQUESTS, POST_REQUEST_NAMES } from '@freeflow/contract';
import type { Command } from 'commander';
import { followToEnd, type FollowOptions } from './follow-to-end';
import { addIdentityOptions, identityOf, type IdentityOptions } from './identity-options';
import { type Host, toolsOf } from './tools';

/** Adds `create`, every other request of an admin that needs a tenant alone (`suspend`, `resume`, ...), and `watch`. */
export function addChanges(tenants: Command, { env, end }: Host): void {
  addFollowOptions(addIdentityOptions(tenants.command('create')))
    .description(lowerFirst(OPERATION_REQUESTS.create.summary))
    .argument('<name>', '3 to 30 lower-case letters and digits')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants create acme
  pnpm freeflow tenants create acme --display-name "Acme Inc." --external-id crm-4711 --label tier=gold --protect
  pnpm -s freeflow tenants create acme --json | jq -r .status`,
    )
    .action(async (name: string, options: FollowOptions & IdentityOptions) => {
      const tools = toolsOf(options, env);
      end(await followToEnd(tools, await tools.tenants.create(name, identityOf(options)), options));
    });

  for (const action of POST_REQUEST_NAMES) {
    addFollowOptions(tenants.command(action))
      .description(lowerFirst(OPERATION_REQUESTS[action].summary))
      .argument('<tenant>', 'name or id')
      .addHelpText(
        'after',
        `
Examples:
  pnpm freeflow tenants ${action} acme
  pnpm freeflow tenants ${action} acme --no-wait`,
      )
      .action(async (tenant: string, options: FollowOptions) => {
        const tools = toolsOf(options, env);
        const { id } = await tools.tenants.find(tenant);
        end(await followToEnd(tools, await tools.tenants.change(id, action), options));
      });
  }

  addFollowOptions(tenants.command('watch'), { canLeave: false })
    .description('follow the last operation on a tenant, from its beginning')
    .argument('<tenant>', 'name or id')
    .addHelpText(
      'after',
      `
Example:
  pnpm freeflow tenants watch acme`,
    )
    .action(async (tenant: string, options: FollowOptions) => {
      const tools = toolsOf(options, env);
      end(await followToEnd(tools, await tools.tenants.find(tenant, { gone: true })));
    });
}

/** Adds the options of a command that follows its operation. */
export function addFollowOptions(command: Command, { canLeave = true } = {}): Command {
  command.option('--json', 'print the tenant at the end as JSON, and nothing else');
  return canLeave ? command.option('--no-wait', 'exit as soon as it is accepted') : command;
}

const lowerFirst = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);
