import { usageList, usageSchema } from '@freeflow/contract/http';
import type { Command } from 'commander';
import { caller } from '../../client/http';
import { openSession } from '../../client/session';
import { nearTable, usageTable } from '../../show/usage';
import { type CommonOptions, type Host, printJson, toolsOf } from './tools';

/** So many that are near a limit are shown. */
const MOST = 500;

/** Adds `usage`: how much a tenant uses, or who is near a limit. */
export function addUsage(tenants: Command, { env }: Host): void {
  tenants
    .command('usage')
    .description('show how much a tenant uses, and of which limits of its plan; without one, who is near a limit')
    .argument('[tenant]', 'name or id')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
As it was measured last, by an hourly schedule; measure anew: pnpm freeflow reconcile

Examples:
  pnpm freeflow tenants usage acme
  pnpm freeflow tenants usage`,
    )
    .action(async (tenant: string | undefined, options: CommonOptions) => {
      const { tenants: api, terminal } = toolsOf(options, env);
      const call = caller(openSession(env));
      if (tenant === undefined) {
        const list = await call(usageList, 'GET', `/usage?limit=${MOST}`);
        if (terminal.isJson) return printJson(list);
        return terminal.print(nearTable(list, terminal.columns));
      }
      const { id } = await api.find(tenant);
      const usage = await call(usageSchema, 'GET', `/tenants/${id}/usage`);
      if (terminal.isJson) return printJson(usage);
      terminal.print(usageTable(usage, terminal.columns));
    });
}
