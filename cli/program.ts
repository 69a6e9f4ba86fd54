import { buildVersion } from '@freeflow/lib/version';
import { Command } from 'commander';
import { addCommands } from './commands';
import { token } from './commands/token';
import { addCompletion, isCompletion } from './completion';
import { EXIT } from './failure';
import { invocationOf } from './invocation';
import { outcomeOf } from './outcome';
import { sayAside } from './show/printable';

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

const program = new Command('freeflow')
  .description('Tenants of FreeFlow, from the command line.')
  .version(buildVersion())
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
Uses the local stack (npm start) by default; another installation once you have logged in there (freeflow login), or by
FREEFLOW_API_URL with FREEFLOW_TOKEN, or with FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID and FREEFLOW_CLIENT_SECRET, which
renew the token when it expires.
Exit codes: 0 done, 1 refused or rolled back, 2 wrong usage, 3 parked, 4 unreachable, 5 differs (apply --dry-run).

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

const tenants = addCommands(program, host);

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
  if (!isKnown(process.argv.slice(2))) {
    const { addCommandsWithDrivers } = await import('./commands/with-drivers.js');
    addCommandsWithDrivers(program, tenants, host, process);
  }
  const words = process.argv.slice(2);
  if (isCompletion(words)) await addCompletion(program, process.env, words);
  await program.parseAsync();
  // What was not answered in time must not hold the shell up.
  if (isCompletion(words)) process.exit();
}

run().catch((error: unknown) => {
  const outcome = outcomeOf(error, freeflow);
  if (outcome === undefined) sayAside(error instanceof Error ? error.message : String(error));
  else if (outcome.message !== undefined) sayAside(outcome.message);
  process.exit(outcome?.exitCode ?? EXIT.refused);
});
