import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { colours as pc } from '@freeflow/lib/colours';
import { variablesOf } from '@freeflow/lib/config';
import { Argument, type Command, Option } from 'commander';
import type { Connections } from '../../../backends/connections';
import { EXIT, Failure } from '../../failure';
import { revealThroughApi } from '../../reveal';
import { say, sayAside } from '../../show/printable';
import { tryOut } from '../../try-out';
import { connect, connectOptions, connectSettings } from '../connect';
import { type CommonOptions, type Host, printJson, toolsOf } from './tools';

interface ConnectOptions extends CommonOptions {
  throughApi?: boolean;
  reason?: string;
}

const NAME_WIDTH = 14;

/** Adds `connect`, which hands a tenant its connection strings. */
export function addConnect(tenants: Command, { env }: Host): void {
  tenants
    .command('connect')
    .description("print how a tenant's application connects, passwords included; the log records the request")
    .argument('<tenant>', 'name or id')
    .addArgument(new Argument('[backend]', 'only this one').choices(BACKEND_KINDS))
    .option('--through-api', 'by the API and a worker, without the key of the secrets; takes a reason')
    .addOption(new Option('--reason <text>', 'why, for the audit trail').implies({ throughApi: true }))
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
  pnpm freeflow tenants connect acme postgres --reason "Case 4711"    # through the API
  psql "$(pnpm -s freeflow tenants connect acme postgres --json | jq -r .postgres.url)"`,
    )
    .action(async (tenant: string, backend: BackendKind | undefined, options: ConnectOptions) => {
      const { json, throughApi = false } = options;
      const connections = throughApi
        ? await connectThroughApi(tenant, backend, options, env)
        : await connect(tenant, backend, env);
      if (json === true) printJson(connections);
      else say(inLines(connections));
    });
}

/** @throws Failure without a reason, and as the client of the API */
async function connectThroughApi(
  nameOrId: string,
  backend: BackendKind | undefined,
  { reason, ...options }: ConnectOptions,
  env: NodeJS.ProcessEnv,
): Promise<Connections> {
  if (reason === undefined)
    throw new Failure(EXIT.usage, 'A reason is missing.', 'Say why, for the audit trail: --reason "Case 4711"');
  const { tenants } = toolsOf(options, env);
  const { id } = await tenants.find(nameOrId);
  const asked = { reason, ...(backend === undefined ? {} : { backend }) };
  const { connections, warnings } = await revealThroughApi(tenants, id, asked);
  for (const it of warnings) sayAside(it);
  return connections as Connections;
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
