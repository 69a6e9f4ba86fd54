import { setTimeout as delay } from 'node:timers/promises';
import type { CloudEventBody } from '@freeflow/contract/http';
import type { Command } from 'commander';
import { readStream } from '../client/events';
import { openSession } from '../client/session';
import { EXIT, Failure, unanswered } from '../failure';
import { isPassing, pauseAfter, waitAsTold } from '../passing';
import { eventLine } from '../show/event';
import { say } from '../show/printable';
import { type CommonOptions, type Host, toolsOf } from './tenants/tools';

const REOPEN_MS = 1_000;

interface EventsOptions extends CommonOptions {
  since?: string;
}

/** Adds `freeflow events`. */
export function addEvents(program: Command, { env }: Host): void {
  program
    .command('events')
    .description('show what changes, as it happens, until Ctrl-C')
    .argument('[tenant]', 'name or id; all tenants when left out')
    .option(
      '--since <id>',
      'all after this event, as far as they are kept; 0: from the oldest on. From now on when left out',
    )
    .option('--json', 'as CloudEvents in JSON, a line each')
    .addHelpText(
      'after',
      `
What there is: docs/events.md

Examples:
  pnpm freeflow events
  pnpm -s freeflow events acme --since 0 --json | jq -r '.id + " " + .type'`,
    )
    .action(async (tenant: string | undefined, { since, ...options }: EventsOptions) => {
      const { tenants, terminal } = toolsOf(options, env);
      if (since !== undefined && !/^\d{1,18}$/.test(since))
        throw new Failure(EXIT.usage, `--since ${since} is not the id of an event.`, 'Leave it out for what is new.');
      const path =
        tenant === undefined ? '/events' : `/tenants/${(await tenants.find(tenant, { gone: true })).id}/events`;
      const show = (event: CloudEventBody) => say(terminal.isJson ? JSON.stringify(event) : eventLine(event));
      await followEvents(env, since === '0' ? `${path}?from=start` : path, since === '0' ? undefined : since, show);
    });
}

/**
 * Reads on after every end of the stream, from the last event that was shown. Ends with the process alone, or refused.
 */
async function followEvents(
  env: NodeJS.ProcessEnv,
  path: string,
  since: string | undefined,
  show: (event: CloudEventBody) => void,
): Promise<void> {
  const session = openSession(env);
  const { signal } = new AbortController();
  let lastEventId = since;
  let wasOpen = false;
  const read = () =>
    readStream(
      session,
      { path, lastEventId, signal },
      {
        onEvent: (event) => {
          lastEventId = event.id;
          show(event);
        },
        // Also with signs of life: what follows one tenant would otherwise come back with an id that is long forgotten.
        onPlace: (id) => {
          lastEventId = id;
        },
        onAlive: () => {
          wasOpen = true;
        },
      },
    );
  for (;;) {
    try {
      await (wasOpen ? read() : waitAsTold(read));
      await delay(REOPEN_MS);
    } catch (cause) {
      const error = cause instanceof Failure ? cause : unanswered(session.url, 'API', cause);
      if (!wasOpen || !isPassing(error)) throw error;
      await delay(pauseAfter(error, REOPEN_MS));
    }
  }
}
