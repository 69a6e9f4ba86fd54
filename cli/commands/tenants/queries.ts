import { setTimeout as delay } from 'node:timers/promises';
import { OPERATION_STATES, TENANT_STATUSES } from '@freeflow/contract';
import type { LogRowBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { Option, type Command } from 'commander';
import type { ListFilter, Tenants } from '../../client/tenants';
import { say } from '../../show/printable';
import { stepLine } from '../../show/steps';
import { tenantDetails } from '../../show/tenant-details';
import { tenantTable } from '../../show/tenant-table';
import { showOnce, untilAnswered, watch, type Snapshot } from '../../show/watch';
import type { Terminal } from '../../terminal';
import { limitOf } from '../limit';
import { collectLabelFilter } from './identity-options';
import { type CommonOptions, type Host, printJson, toolsOf } from './tools';

const FOLLOW_MS = 1_000;

interface ListOptions extends CommonOptions, Omit<ListFilter, 'gone' | 'name'> {
  gone?: boolean;
  limit: string;
  watch?: boolean;
}

/** Adds what changes nothing: `list`, `show`, `logs`. */
export function addQueries(tenants: Command, { env }: Host): void {
  tenants
    .command('list')
    .description('list tenants, newest first')
    .addOption(new Option('--status <status>', 'only tenants in this status').choices(TENANT_STATUSES))
    .addOption(
      new Option('--operation <state>', 'only those with an operation in this state').choices(OPERATION_STATES),
    )
    .option('--step <step>', 'only those parked at this step, or rolled back at it, such as keycloak.create')
    .option('--external-id <id>', 'only the one that another system calls so')
    .option('--plan <plan>', 'only those that have this plan')
    .option('--label <key=value>', 'only those with this label; repeated: with all of them', collectLabelFilter)
    .option('--gone', 'include those that are gone')
    .option('--limit <n>', 'at most this many', '100')
    .option('-w, --watch', 'keep showing them, until Ctrl-C')
    .option('--json', 'as JSON; with --watch a line whenever something has changed')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants list --status active
  pnpm freeflow tenants list --label tier=gold --label region=eu
  pnpm freeflow tenants list --plan free
  pnpm -s freeflow tenants list --gone --json | jq -r '.items[].name'`,
    )
    .action(async ({ gone, limit, json, watch: isWatched = false, ...filter }: ListOptions) => {
      const { tenants, watched, terminal } = toolsOf({ ...(json ? { json } : {}) }, env);
      const most = limitOf(limit);
      const wanted = { ...filter, ...(gone === true ? { gone: 'true' as const } : {}) };
      const look = async (api: Tenants) => listed(await api.list(wanted, most), terminal);
      if (isWatched) await watch(terminal, () => look(watched));
      showOnce(terminal, await look(tenants));
    });

  tenants
    .command('show')
    .description(
      'show a tenant, its connections without secrets, its last operation with cause and advice, and once it is gone the proof of that',
    )
    .argument('<tenant>', 'name or id; the last one of that name, if it is gone')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Example:
  pnpm freeflow tenants show acme`,
    )
    .action(async (tenant: string, options: CommonOptions) => {
      const { tenants: api, terminal, freeflow } = toolsOf(options, env);
      const found = await api.find(tenant, { gone: true });
      if (terminal.isJson) return printJson(found);
      terminal.print(tenantDetails(found, freeflow));
    });

  tenants
    .command('logs')
    .description('show the provision log of a tenant: one line per attempt of a step')
    .argument('<tenant>', 'name or id; the last one of that name, if it is gone')
    .option('-f, --follow', 'keep showing new lines, until Ctrl-C')
    .option('--json', 'as JSON, a line per row')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants logs acme
  pnpm -s freeflow tenants logs acme --json | jq -r 'select(.status == "error") | .message'`,
    )
    .action(async (tenant: string, { follow = false, ...options }: CommonOptions & { follow?: boolean }) => {
      const { tenants, followed, terminal } = toolsOf(options, env);
      const { id } = await tenants.find(tenant, { gone: true });
      const showNew = (rows: readonly LogRowBody[]) => {
        for (const row of rows)
          say(terminal.isJson ? JSON.stringify(row) : `${pc.dim(row.createdAt)}  ${stepLine(row, undefined)}`);
      };
      if (!follow) return showNew(await tenants.logs(id)());
      for (const rowsSince = followed.logs(id); ; await delay(FOLLOW_MS))
        showNew(await untilAnswered(rowsSince, FOLLOW_MS));
    });
}

function listed(answer: Awaited<ReturnType<Tenants['list']>>, { columns }: Terminal): Snapshot {
  const { items, isComplete } = answer;
  if (items.length === 0) return { answer, text: 'No tenant matches.' };
  const more = isComplete ? [] : [pc.dim(`Only the newest ${items.length} are shown; raise --limit for more.`)];
  return { answer, text: [tenantTable(items, columns), ...more].join('\n') };
}
