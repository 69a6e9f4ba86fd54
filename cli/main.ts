import { Argument, Command, CommanderError } from 'commander';
import { PROVISIONER } from '../setup/names';
import { connect } from './commands/connect';
import { addDoctor } from './commands/doctor';
import { setupBackends, type SetupBackendsOptions } from './commands/setup-backends';
import { token } from './commands/token';
import type { Connections } from './connections';
import { EXIT, Failure } from './failure';

const program = new Command('freeflow')
  .description('Tenants of FreeFlow, from the command line.')
  .exitOverride()
  .addHelpText('after', `
Finds the local stack (npm start) by itself; another installation by the environment.
Exit codes: 0 done, 1 refused, 2 wrong usage, 4 unreachable.

Examples:
  npm run -s freeflow -- token
  npm run -s freeflow -- tenants connect acme
  npm run -s freeflow -- tenants connect acme postgres --json`);

program
  .command('token')
  .description('print an access token for the API')
  .addHelpText('after', `
Of another installation: FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET

Example:
  curl -H "Authorization: Bearer $(npm run -s freeflow -- token)" http://127.0.0.1:3000/tenants`)
  .action(async () => {
    console.log(await token(process.env));
  });

program
  .command('tenants')
  .description('look at tenants')
  .command('connect')
  .description("print how a tenant's application connects, passwords included")
  .argument('<tenant>', 'name or id')
  .addArgument(new Argument('[backend]', 'only this one').choices(['postgres', 'mongodb', 'qdrant', 'keycloak']))
  .option('--json', 'as JSON')
  .addHelpText('after', `
Of another installation: MASTER_DATABASE_URL, SECRETS_KEY, KEYCLOAK_URL (and SECRETS_OLD_KEYS)

Examples:
  psql "$(npm run -s freeflow -- tenants connect acme postgres --json | node -p 'JSON.parse(fs.readFileSync(0)).postgres.url')"`)
  .action(async (tenant: string, backend: string | undefined, { json }: { json?: true }) => {
    const connections = await connect(tenant, backend, process.env);
    console.log(json === true ? JSON.stringify(connections, null, 2) : inLines(connections));
  });

program
  .command('setup')
  .description('prepare servers for FreeFlow, once')
  .command('backends')
  .description("make the worker's logins, with no more rights than provisioning takes; repeated, it mends them")
  .option('--name <name>', 'of the provisioner, to have another one', PROVISIONER)
  .option('--master-database <database>', 'the database that is closed to tenants as well', 'freeflow_master')
  .option('--print-env', "print the worker's variables on stdout, secrets included, and the report on stderr")
  .option('--json', 'report and variables as JSON, secrets included')
  .addHelpText('after', `
The owners come from the environment; a backend whose variables are not set is left out:
  POSTGRES_OWNER_URL                                                   PostgreSQL 16 or newer
  MONGODB_OWNER_URL
  KEYCLOAK_URL, KEYCLOAK_OWNER_CLIENT_ID, KEYCLOAK_OWNER_CLIENT_SECRET
The provisioners' passwords too; without, a new one gets a random one, and one that exists keeps its own:
  PROVISIONER_POSTGRES_PASSWORD, PROVISIONER_MONGODB_PASSWORD, PROVISIONER_KEYCLOAK_SECRET
Qdrant has nothing narrower than its API key: there is nothing to set up.

Examples:
  POSTGRES_OWNER_URL=postgresql://postgres:...@db:5432/ npm run -s freeflow -- setup backends
  npm run -s freeflow -- setup backends --print-env > worker.env
  npm run -s freeflow -- setup backends --name staging_provisioner --json`)
  .action(async (options: SetupBackendsOptions) => {
    const { stdout, stderr, exitCode } = await setupBackends(options, process.env);
    if (stderr !== '') console.error(stderr);
    if (stdout !== '') console.log(stdout);
    process.exitCode = exitCode;
  });

addDoctor(program, process);

const inLines = (connections: Connections): string =>
  Object.entries(connections)
    .map(([backend, fields]) => [backend, ...Object.entries(fields).map(([name, value]) => `  ${name.padEnd(14)} ${value}`)].join('\n'))
    .join('\n\n');

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
  if (error instanceof Failure) {
    console.error(`${error.message}\n${error.advice}`);
    process.exit(error.exitCode);
  }
  console.error(error instanceof Error ? error.message : error);
  process.exit(EXIT.refused);
});
