import { readFileSync } from 'node:fs';
import { EVENT_NAMES } from '@freeflow/contract';
import { colours as pc } from '@freeflow/lib/colours';
import { parseDuration } from '@freeflow/lib/config';
import { makeWebhookSecret } from '@freeflow/lib/webhooks';
import type { Command } from 'commander';
import { caller } from '../../client/http';
import { openSession } from '../../client/session';
import { webhooksOf } from '../../client/webhooks';
import { confirm } from '../../confirm';
import { EXIT, Failure } from '../../failure';
import { webhookDetails, webhookTable } from '../../show/webhooks';
import { openTerminal } from '../../terminal';
import { type CommonOptions, type Host, printJson } from '../tenants/tools';

interface CreateOptions extends CommonOptions {
  events?: string;
  description?: string;
  secretFile?: string;
}

interface UpdateOptions extends CommonOptions {
  url?: string;
  events?: string;
  /** false: it is cleared. */
  description?: string | false;
}

interface RotateOptions extends CommonOptions {
  secretFile?: string;
  overlap: string;
}

/** Adds the commands that make, change and remove webhooks. */
export function addWebhookCommands(webhooks: Command, { env }: Host): void {
  const toolsOf = (options: CommonOptions) => ({
    webhooks: webhooksOf(caller(openSession(env))),
    terminal: openTerminal(options),
  });

  webhooks
    .command('list')
    .description('show the webhooks')
    .option('--json', 'as JSON')
    .action(async (options: CommonOptions) => {
      const tools = toolsOf(options);
      const items = await tools.webhooks.list();
      if (tools.terminal.isJson) return printJson({ items });
      tools.terminal.print(items.length === 0 ? 'There are no webhooks.' : webhookTable(items, tools.terminal.columns));
    });

  webhooks
    .command('show')
    .description('show a webhook')
    .argument('<id>', 'its id')
    .option('--json', 'as JSON')
    .action(async (id: string, options: CommonOptions) => {
      const { webhooks: client, terminal } = toolsOf(options);
      const webhook = await client.show(id);
      if (terminal.isJson) printJson(webhook);
      else terminal.print(webhookDetails(webhook));
    });

  webhooks
    .command('create')
    .description('have events sent to a URL, from now on; shows the secret that signs them, this once')
    .argument('<url>', 'https, at a public address')
    .option('--events <names>', `which ones, separated by commas; all when left out: ${EVENT_NAMES.join(', ')}`)
    .option('--description <text>', 'what it is for')
    .option('--secret-file <path>', 'a file with the secret, whsec_ and base64; left out, one is made')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  pnpm freeflow webhooks create https://example.com/hook --events operation.ended',
    )
    .action(async (url: string, { events, description, secretFile, ...options }: CreateOptions) => {
      const { webhooks: client, terminal } = toolsOf(options);
      const secret = secretFrom(secretFile);
      const webhook = await client.create({
        url,
        ...(events === undefined ? {} : { eventTypes: namesIn(events) }),
        ...(description === undefined ? {} : { description }),
        secret,
      });
      if (terminal.isJson) return printJson(webhook);
      terminal.print(`Webhook ${pc.bold(webhook.id)} is made. Its secret, shown now and never again:\n${secret}`);
    });

  webhooks
    .command('update')
    .description('change which events a webhook gets, where, or what it is called; what is not named stays')
    .argument('<id>', 'its id')
    .option('--url <url>', 'where they are sent from now on: https, at a public address')
    .option('--events <names>', 'which ones, separated by commas; "all": all of them')
    .option('--description <text>', 'what it is for')
    .option('--no-description', 'clear it')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nOther events: from now on; of a disabled one for all since it was disabled.\nAnother URL: for all that is sent from now on, in the same order, by the same secret.',
    )
    .action(async (id: string, { url, events, description, ...options }: UpdateOptions) => {
      const change = {
        ...(url === undefined ? {} : { url }),
        ...(events === undefined ? {} : { eventTypes: events === 'all' ? [] : namesIn(events) }),
        ...(description === undefined ? {} : { description: description === false ? null : description }),
      };
      if (Object.keys(change).length === 0)
        throw new Failure(
          EXIT.usage,
          'Nothing to change is named.',
          'See what can be: freeflow webhooks update --help',
        );
      const { webhooks: client, terminal } = toolsOf(options);
      const webhook = await client.update(id, change);
      if (terminal.isJson) printJson(webhook);
      else terminal.print(webhookDetails(webhook));
    });

  webhooks
    .command('rotate-secret')
    .description('sign by another secret, and for a while by the one before as well; shows it this once')
    .argument('<id>', 'its id')
    .option('--secret-file <path>', 'a file with the secret, whsec_ and base64; left out, one is made')
    .option('--overlap <duration>', 'how long both sign, such as 30m, 12h or 7d at most; 0m: the new one alone', '1d')
    .option('--json', 'as JSON')
    .action(async (id: string, { secretFile, overlap, ...options }: RotateOptions) => {
      const overlapMs = parseDuration(overlap);
      if (overlapMs === undefined)
        throw new Failure(EXIT.usage, `--overlap: ${overlap} is no duration.`, 'Write 30m, 12h or 7d.');
      const { webhooks: client, terminal } = toolsOf(options);
      const secret = secretFrom(secretFile);
      const webhook = await client.rotateSecret(id, { secret, overlapSeconds: overlapMs / 1_000 });
      if (terminal.isJson) return printJson(webhook);
      const until = overlapMs === 0 ? '' : ` The one before signs beside it for ${overlap}.`;
      terminal.print(
        `Webhook ${pc.bold(id)} has another secret, shown now and never again:\n${secret}\n${until.trim()}`.trim(),
      );
    });

  webhooks
    .command('delete')
    .description('remove a webhook with its deliveries')
    .argument('<id>', 'its id')
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'as JSON')
    .action(async (id: string, { yes = false, ...options }: CommonOptions & { yes?: boolean }) => {
      const { webhooks: client, terminal } = toolsOf(options);
      if (!yes) await confirm(terminal, id, `What webhook ${id} has not got yet will not be sent to it.`);
      await client.delete(id);
      if (terminal.isJson) printJson({ id });
      else terminal.print(`Webhook ${pc.bold(id)} is removed.`);
    });

  for (const [name, enabled, description] of [
    ['enable', true, 'let a webhook go on from where it stopped'],
    ['disable', false, 'send nothing to a webhook until it is enabled'],
  ] as const)
    webhooks
      .command(name)
      .description(description)
      .argument('<id>', 'its id')
      .option('--json', 'as JSON')
      .action(async (id: string, options: CommonOptions) => {
        const { webhooks: client, terminal } = toolsOf(options);
        const webhook = await client.update(id, { enabled });
        if (terminal.isJson) return printJson(webhook);
        const missed = webhook.skippedEvents === 0 ? '' : ` It has missed ${webhook.skippedEvents} events at most.`;
        terminal.print(`Webhook ${pc.bold(id)} is ${webhook.state}.${missed}`);
      });
}

const namesIn = (events: string): string[] => events.split(',').map((it) => it.trim());

/** Made here: an answer that is lost is no lost secret, as the request is sent again with it. */
const secretFrom = (file: string | undefined): string => (file === undefined ? makeWebhookSecret() : readSecret(file));

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Failure(EXIT.usage, `${file} can't be read.`, 'Name a file with the secret.', { cause });
  }
}
