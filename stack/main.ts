import { Command, InvalidArgumentError } from 'commander';
import { logs } from './commands/logs';
import { reset } from './commands/reset';
import { start } from './commands/start';
import { status } from './commands/status';
import { stopStack } from './commands/stop';
import { messageOf } from './files';
import { dirOption, temporalOption, vaultOption } from './product-options';
import { stackDir } from './project';
import type { TemporalStoreKind } from './servers';

const print = (text: string): void => {
  console.log(text);
};

const program = new Command('stack')
  .description('Real PostgreSQL, MongoDB, Qdrant, Keycloak and Temporal on this machine, without Docker.')
  .addHelpText(
    'afterAll',
    `
Each server can be replaced by an external one, named in the environment:
  POSTGRES_ADMIN_URL, MASTER_DATABASE_URL   postgres://user:password@host:port/database
  MONGODB_ADMIN_URL                         mongodb://user:password@host:port/?authSource=admin
  QDRANT_URL and QDRANT_API_KEY
  KEYCLOAK_URL, KEYCLOAK_CLIENT_ID and KEYCLOAK_CLIENT_SECRET (a service account of realm master)
  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TEMPORAL_UI_URL
It is then checked and set up, but not started. Programs on PATH are preferred to downloads.
Downloads are kept in $XDG_CACHE_HOME/freeflow (~/.cache/freeflow).`,
  );

/** Every command works on one folder. */
const command = (name: string, description: string): Command =>
  program.command(name).description(description).addOption(dirOption());

const dirOf = ({ dir }: { dir: string }): string => stackDir(dir);

const count = (text: string): number => {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Must be a whole number.');
};

command('start', 'start the servers in the foreground, set them up and restart any that dies; Ctrl-C stops them')
  .addOption(vaultOption())
  .addOption(temporalOption())
  .action(async ({ dir, ...options }: { dir: string; vault: boolean; temporal: TemporalStoreKind }) => {
    process.exit(await start({ dir: stackDir(dir), ...options }, process.env, (code) => process.exit(code)));
  });

command('stop', 'stop everything that runs in the folder, worker and API included').action(
  async (options: { dir: string }) => {
    const dir = dirOf(options);
    print((await stopStack(dir, print)) ? 'Stopped.' : `No stack is running in ${dir}.`);
  },
);

command('status', 'show what is running where; exit code 0 when a stack is running, 3 when none is').action(
  (options: { dir: string }) => {
    process.exitCode = status(dirOf(options), print);
  },
);

command('logs', 'show the ends of the logs')
  .argument(
    '[server]',
    'one of them: postgres, mongodb, qdrant, keycloak, temporal, vault, worker, api, migrate, prometheus',
  )
  .option('-f, --follow', 'keep printing as they grow', false)
  .option('-n, --lines <count>', 'how many lines of each', count, 20)
  .action(async (server: string | undefined, options: { dir: string; follow: boolean; lines: number }) => {
    const interrupted = new AbortController();
    process.once('SIGINT', () => {
      interrupted.abort();
    });
    process.exitCode = await logs(dirOf(options), server, { ...options, signal: interrupted.signal }, print);
  });

command('reset', 'delete all data, logs, ports and credentials of the folder, after a confirmation')
  .option('--yes', 'do not ask for confirmation', false)
  .action(async (options: { dir: string; yes: boolean }) => {
    process.exitCode = await reset(dirOf(options), options.yes, print);
  });

// A reader that has gone away (`| head`) is no failure.
process.stdout.on('error', () => {
  process.exit(0);
});

program.parseAsync().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(1);
});
