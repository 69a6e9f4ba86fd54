import type { Command } from 'commander';
import { confirm } from '../../confirm';
import { EXIT, Failure } from '../../failure';
import { addFollowOptions } from './change';
import { followToEnd, type FollowOptions } from './follow-to-end';
import { type Host, toolsOf } from './tools';

interface DeleteOptions extends FollowOptions {
  hard?: boolean;
  force?: boolean;
  yes?: boolean;
}

/** Adds `delete`, which has the tenant's name typed first. */
export function addDelete(tenants: Command, { env, end }: Host): void {
  addFollowOptions(tenants.command('delete'))
    .description('delete a tenant: cut its access at once, drop its data after the retention time, or with --hard now')
    .argument('<tenant>', 'name or id')
    .option('--hard', 'drop all its data now, for good')
    .option('--force', 'with --hard: also when it is active; interrupts any other operation on it')
    .option('--yes', 'do not ask for confirmation')
    .addHelpText(
      'after',
      `
Without --hard it can be restored until its data is purged: tenants restore.

Examples:
  pnpm freeflow tenants delete acme
  pnpm freeflow tenants delete acme --hard --force --yes`,
    )
    .action(async (tenant: string, options: DeleteOptions) => {
      const { hard = false, force = false, yes = false } = options;
      if (force && !hard)
        throw new Failure(
          EXIT.usage,
          '--force needs --hard.',
          'Without --hard no data is dropped, and no force is needed.',
        );
      const tools = toolsOf(options, env);
      const found = await tools.tenants.find(tenant);
      const { name } = found;
      if (!yes)
        await confirm(
          tools.terminal,
          name,
          hard
            ? `All data of ${name} will be dropped for good.`
            : `${name} loses its access at once; its data is kept for the retention time.`,
        );
      end(await followToEnd(tools, await tools.tenants.remove(found.id, { hard, force }), options));
    });
}
