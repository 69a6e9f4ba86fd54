import { OPERATION_STATES, TENANT_STATUSES } from '@freeflow/contract';
import type { TenantBody, TenantDetailBody } from '@freeflow/contract/http';
import { Option, type Command } from 'commander';
import pc from 'picocolors';
import type { ListFilter } from '../../client/tenants';
import { EXIT, Failure } from '../../failure';
import { outcomeOf, statusOf } from '../../show/outcome';
import { stepLine } from '../../show/steps';
import { inColumns } from '../../show/table';
import { age } from '../../show/time';
import { type CommonOptions, type Host, printJson, toolsOf } from './tools';

const FOLLOW_MS = 1_000;

interface ListOptions extends CommonOptions, Omit<ListFilter, 'gone' | 'name'> {
  gone?: boolean;
  limit: string;
}

/** Adds what looks and changes nothing: `list`, `show`, `logs`. */
export function addLooks(tenants: Command, { env }: Host): void {
  tenants
    .command('list')
    .description('list tenants, newest first')
    .addOption(new Option('--status <status>', 'only tenants in this status').choices(TENANT_STATUSES))
    .addOption(
      new Option('--operation <state>', 'only those whose last operation is in this state').choices(OPERATION_STATES),
    )
    .option('--step <step>', 'only those that are stuck at this step, such as keycloak.create')
    .option('--gone', 'include tenants that are gone')
    .option('--limit <n>', 'how many at most', '100')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants list --status active
  pnpm -s freeflow tenants list --gone --json | jq -r '.items[].name'`,
    )
    .action(async ({ gone, limit, json, ...filter }: ListOptions) => {
      const { tenants: api, terminal } = toolsOf({ ...(json ? { json } : {}) }, env);
      if (!/^[1-9]\d{0,5}$/.test(limit))
        throw new Failure(
          EXIT.usage,
          `--limit ${limit} is not a number from 1 to 999999.`,
          'Leave it out for the newest 100.',
        );
      const { items, isComplete } = await api.list(
        { ...filter, ...(gone === true ? { gone: 'true' as const } : {}) },
        Number(limit),
      );
      if (terminal.isJson) return printJson({ items, isComplete });
      if (items.length === 0) return terminal.say('There are no such tenants.');
      terminal.say(
        inColumns(['NAME', 'STATUS', 'AGE', 'LAST OPERATION', 'ID', 'CAUSE'], items.map(rowOf), terminal.columns),
      );
      if (!isComplete) terminal.say(pc.dim(`These are the newest ${items.length}; see more with --limit.`));
    });

  tenants
    .command('show')
    .description('show a tenant, its connections without secrets, and its last operation')
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
      terminal.say(detailsOf(found));
      if (found.operation !== null) terminal.say(`\n${outcomeOf(found, found.operation, undefined, freeflow)}`);
    });

  tenants
    .command('logs')
    .description('show what was done for a tenant: one line per attempt of each step')
    .argument('<tenant>', 'name or id; the last one of that name, if it is gone')
    .option('-f, --follow', 'keep showing new rows, until Ctrl-C')
    .option('--json', 'as JSON, a line per row')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow tenants logs acme
  pnpm -s freeflow tenants logs acme --json | jq -r 'select(.status == "error") | .message'`,
    )
    .action(async (tenant: string, { follow = false, ...options }: CommonOptions & { follow?: boolean }) => {
      const { tenants: api, terminal } = toolsOf(options, env);
      const rowsSince = api.logs((await api.find(tenant, { gone: true })).id);
      do {
        for (const row of await rowsSince())
          console.log(terminal.isJson ? JSON.stringify(row) : `${pc.dim(row.createdAt)}  ${stepLine(row, undefined)}`);
        if (follow) await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
      } while (follow);
    });
}

function rowOf(tenant: TenantBody): string[] {
  const { name, createdAt, operation, id } = tenant;
  const last =
    operation === null ? 'none' : `${operation.kind.replaceAll('_', ' ')} ${operation.state.replaceAll('_', ' ')}`;
  return [name, statusOf(tenant).replace(/ \(.*/, ''), age(createdAt), last, id, operation?.cause ?? ''];
}

function detailsOf(tenant: TenantDetailBody): string {
  const places = tenant.connections.map(({ service, dbName, host, port, username }) => [
    service,
    `${dbName} at ${host ?? '?'}${port === null ? '' : `:${port}`}${username === null ? '' : ` as ${username}`}`,
  ]);
  const facts = [
    ['name', pc.bold(tenant.name)],
    ['id', tenant.id],
    ['status', statusOf(tenant)],
    ['created', `${tenant.createdAt} (${age(tenant.createdAt)} ago)`],
    ...(tenant.purgeAt === null ? [] : [['purged', `from ${tenant.purgeAt} on`]]),
    ...(tenant.goneAt === null ? [] : [['gone', tenant.goneAt]]),
    ...places,
    ...(typeof tenant['realmName'] === 'string' ? [['keycloak', `realm ${tenant['realmName']}`]] : []),
  ];
  return facts.map(([name = '', value = '']) => `${pc.dim(name.padEnd(10))} ${value}`).join('\n');
}
