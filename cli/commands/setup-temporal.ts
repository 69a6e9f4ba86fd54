import { parseDuration } from '@freeflow/lib/config';
import {
  ensureNamespace,
  ensureSearchAttributes,
  readTemporalConfig,
  TemporalError,
  withTemporal,
} from '@freeflow/lib/temporal';
import type { Command } from 'commander';
import { EXIT, Failure, unanswered } from '../failure';
import { leftToDo, reportOf, type TemporalSetUp } from '../temporal/report';
import { retryWhileNew } from '../temporal/retry-while-new';
import type { Host } from './tenants/tools';

interface SetupTemporalOptions {
  retention?: string;
  json?: true;
}

const DAY_MS = 24 * 3_600_000;
/** The sweep's runs alone are 8,640 a day; what was done stands in the master database. */
const STANDARD_RETENTION_MS = 7 * DAY_MS;
const CONNECT_TIMEOUT_MS = 5_000;
const DEADLINE_MS = 60_000;

/** Adds `freeflow setup temporal`. */
export function addSetupTemporal(setup: Command, { env, end }: Host): void {
  setup
    .command('temporal')
    .description(
      "create the installation's namespace and what runs are searched by; run again, it adds what is missing",
    )
    .option(
      '--retention <time>',
      'how long the namespace keeps the history of a run that has ended, such as 7d (a new one: 7d; one that is there stays as it is)',
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Where Temporal is, and the namespace, come by Temporal's own variables: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE (default), TEMPORAL_API_KEY, TEMPORAL_TLS_...
What the server does not let this login do (Temporal Cloud lets no client) is printed as commands for who may; then the exit code is 1.
Schedules are not made here: the worker makes them.

Examples:
  TEMPORAL_ADDRESS=temporal.example:7233 TEMPORAL_NAMESPACE=freeflow pnpm -s freeflow setup temporal --retention 14d
  pnpm -s freeflow setup temporal --json`,
    )
    .action(async (options: SetupTemporalOptions) => {
      const result = await setUpTemporal(options, env);
      console.log(options.json === true ? JSON.stringify(result, null, 2) : reportOf(result));
      end(leftToDo(result).length === 0 ? EXIT.done : EXIT.refused);
    });
}

/** @throws Failure where the options are wrong, or Temporal does not answer */
async function setUpTemporal({ retention }: SetupTemporalOptions, env: NodeJS.ProcessEnv): Promise<TemporalSetUp> {
  const retentionMs = retention === undefined ? undefined : readRetention(retention);
  const { connectionOptions, namespace } = readTemporalConfig(env);
  const address = connectionOptions.address ?? 'localhost:7233';
  const visit = { address, namespace, connectTimeoutMs: CONNECT_TIMEOUT_MS, deadlineMs: DEADLINE_MS };
  try {
    return await withTemporal(env, visit, async (client) => {
      const its = await ensureNamespace(client, retentionMs, STANDARD_RETENTION_MS);
      const isThere = its.did !== 'may-not-create';
      const attributes = isThere ? await retryWhileNew(() => ensureSearchAttributes(client)) : undefined;
      return { address, name: namespace, namespace: its, wantedRetentionMs: retentionMs, attributes };
    });
  } catch (error) {
    if (error instanceof TemporalError) throw unanswered(address, 'Temporal server', error);
    throw error instanceof Failure
      ? error
      : new Failure(EXIT.refused, `Temporal at ${address} refuses: ${(error as Error).message}`, 'Check the login.', {
          cause: error,
        });
  }
}

function readRetention(text: string): number {
  const ms = parseDuration(text);
  // Temporal's own least, and the most that it takes without complaint.
  if (ms !== undefined && ms >= DAY_MS && ms <= 3_650 * DAY_MS) return ms;
  throw new Failure(EXIT.usage, `--retention ${text} is no time that Temporal takes.`, 'Give 1d to 3650d.');
}
