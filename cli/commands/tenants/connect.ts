import { BACKEND_KINDS } from '@freeflow/contract';
import { colours as pc } from '@freeflow/lib/colours';
import { variablesOf } from '@freeflow/lib/config';
import { Argument, type Command } from 'commander';
import { type Connections, tryOut } from '../../connections';
import { say } from '../../show/printable';
import { connect, connectOptions, connectSettings } from '../connect';
import { type CommonOptions, type Host, printJson } from './tools';

const NAME_WIDTH = 14;

/** Adds `connect`, which hands a tenant its connection strings. */
export function addConnect(tenants: Command, { env }: Host): void {
  tenants
    .command('connect')
    .description("print how a tenant's application connects, passwords included; the log records the request")
    .argument('<tenant>', 'name or id')
    .addArgument(new Argument('[backend]', 'only this one').choices(BACKEND_KINDS))
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Of another installation: ${Object.keys(connectSettings.shape).join(', ')} (and SECRETS_OLD_KEYS)
Where secrets are in a vault also VAULT_ADDR and a login there that may read them: docs/secrets.md
${variablesOf(connectOptions)
  .filter(({ isSecret }) => !isSecret)
  .map(({ name, meaning }) => `${name}: ${meaning}`)
  .join('\n')}
Where tenants reach the other servers is recorded when a tenant is created, by the worker's *_TENANT_URL

Examples:
  pnpm freeflow tenants connect acme
  psql "$(pnpm -s freeflow tenants connect acme postgres --json | jq -r .postgres.url)"`,
    )
    .action(async (tenant: string, backend: string | undefined, { json }: CommonOptions) => {
      const connections = await connect(tenant, backend, env);
      if (json === true) printJson(connections);
      else say(inLines(connections));
    });
}

function inLines(connections: Connections): string {
  const tries = tryOut(connections);
  return Object.entries(connections)
    .map(([backend, fields]) =>
      [
        pc.bold(backend),
        ...Object.entries(fields).map(([name, value]) => `  ${pc.dim(name.padEnd(NAME_WIDTH))} ${value}`),
        ...(tries[backend] === undefined ? [] : [`  ${pc.dim('try it:')}`, `  ${tries[backend]}`]),
      ].join('\n'),
    )
    .join('\n\n');
}
