import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { addDemo } from './commands/demo';
import { addDoctor } from './commands/doctor';
import { addReconcile } from './commands/reconcile';
import { addResources } from './commands/resources';
import { addSetup } from './commands/setup-backends';
import { addChanges } from './commands/tenants/change';
import { addConnect } from './commands/tenants/connect';
import { addDelete } from './commands/tenants/delete';
import { addLooks } from './commands/tenants/look';
import { addOnCall } from './commands/tenants/on-call';
import { token } from './commands/token';
import { EXIT, Failure } from './failure';
import { invocationOf } from './invocation';

const host = {
  env: process.env,
  end: (code: number): void => {
    process.exitCode = code;
  },
};
const freeflow = invocationOf(process.env);

// Whoever reads a pipe may have seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(path.join(__dirname, '..', '..', 'package.json'), 'utf8')));

const program = new Command('freeflow')
  .description('Tenants of FreeFlow, from the command line.')
  .version(version)
  .exitOverride()
  // The examples in the words this was called by, so that they can be pasted.
  .configureOutput({
    writeOut: (text) => {
      process.stdout.write(
        text.replaceAll(/pnpm( -s)? freeflow/g, (words) => (freeflow.endsWith('pnpm freeflow') ? words : freeflow)),
      );
    },
  })
  .addHelpText(
    'after',
    `
Finds the local stack (npm start) by itself; another installation by FREEFLOW_API_URL with FREEFLOW_TOKEN, or with
FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID and FREEFLOW_CLIENT_SECRET, by which tokens are renewed.
Exit codes: 0 done, 1 refused or rolled back, 2 wrong usage, 3 parked, 4 unreachable.

Examples:
  pnpm freeflow tenants create acme
  pnpm freeflow tenants stuck
  pnpm freeflow tenants connect acme postgres`,
  );

program
  .command('token')
  .description('print an access token for the API')
  .option('--json', 'as JSON')
  .addHelpText(
    'after',
    `
Of another installation: FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET

Example:
  curl -H "Authorization: Bearer $(pnpm -s freeflow token)" http://127.0.0.1:3000/tenants`,
  )
  .action(async ({ json }: { json?: true }) => {
    const accessToken = await token(process.env);
    console.log(json === true ? JSON.stringify({ accessToken }) : accessToken);
  });

const tenants = program.command('tenants').description('create, inspect, change and remove tenants');
addChanges(tenants, host);
addDelete(tenants, host);
addLooks(tenants, host);
addOnCall(tenants, host);
addConnect(tenants, host);
addReconcile(program, host);
addResources(program, host);
addDemo(program, host);
addSetup(program, host);

addDoctor(program, process);

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
  if (error instanceof Failure) {
    console.error(`${error.message}\n${error.advice}`);
    process.exit(error.exitCode);
  }
  console.error(error instanceof Error ? error.message : error);
  process.exit(EXIT.refused);
});
