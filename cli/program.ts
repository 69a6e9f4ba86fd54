import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { addReconcile } from './commands/reconcile';
import { addResources } from './commands/resources';
import { addChanges } from './commands/tenants/change';
import { addDelete } from './commands/tenants/delete';
import { addOnCall } from './commands/tenants/on-call';
import { addQueries } from './commands/tenants/queries';
import { token } from './commands/token';
import { EXIT, Failure } from './failure';
import { invocationOf, pastable } from './invocation';

const host = {
  env: process.env,
  end: (code: number): void => {
    process.exitCode = code;
  },
};
const freeflow = invocationOf(process.env);

// The reader of a pipe may have closed it.
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
  // Examples by the way this program was called, so that they can be pasted.
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
Uses the local stack (npm start) by default; another installation by FREEFLOW_API_URL with FREEFLOW_TOKEN, or with
FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID and FREEFLOW_CLIENT_SECRET, which renew the token when it expires.
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
For another installation than the local stack: FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET

Example:
  curl -H "Authorization: Bearer $(pnpm -s freeflow token)" "$FREEFLOW_API_URL/tenants"`,
  )
  .action(async ({ json }: { json?: true }) => {
    const accessToken = await token(process.env);
    console.log(json === true ? JSON.stringify({ accessToken }) : accessToken);
  });

const tenants = program.command('tenants').description('create, show, change and delete tenants');
addChanges(tenants, host);
addDelete(tenants, host);
addQueries(tenants, host);
addOnCall(tenants, host);
addReconcile(program, host);
addResources(program, host);

/** Adds the commands that need the drivers of all servers: these take longer to load than any other command takes. */
async function addCommandsWithDrivers(): Promise<void> {
  const [{ addConnect }, { addDemo }, { addSetup }, { addDoctor }] = await Promise.all([
    import('./commands/tenants/connect.js'),
    import('./commands/demo.js'),
    import('./commands/setup-backends.js'),
    import('./commands/doctor.js'),
  ]);
  addConnect(tenants, host);
  addDemo(program, host);
  addSetup(program, host);
  addDoctor(program, process);
}

/**
 * Whether these words begin with the name of a command that is added already; help and what is mistyped are for all of
 * them.
 */
function isKnown(words: readonly string[], { commands }: Command = program): boolean {
  const [word, ...rest] = words;
  const named = commands.find((it) => it.name() === word || it.aliases().includes(word ?? ''));
  return named !== undefined && (named.commands.length === 0 || isKnown(rest, named));
}

async function run(): Promise<void> {
  if (!isKnown(process.argv.slice(2))) await addCommandsWithDrivers();
  await program.parseAsync();
}

run().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
  if (error instanceof Failure) {
    console.error(`${error.message}\n${pastable(error.advice, freeflow)}`);
    process.exit(error.exitCode);
  }
  console.error(error instanceof Error ? error.message : error);
  process.exit(EXIT.refused);
});
