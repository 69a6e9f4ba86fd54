import { setTimeout as delay } from 'node:timers/promises';
import { DELIVERY_STATES, type DeliveryState } from '@freeflow/contract';
import type { DeliveryBody, RedeliverBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { Option, type Command } from 'commander';
import { caller } from '../../client/http';
import { openSession } from '../../client/session';
import { webhooksOf } from '../../client/webhooks';
import { EXIT, Failure } from '../../failure';
import { deliveryTable, lastText } from '../../show/webhooks';
import { openTerminal } from '../../terminal';
import { beginningOf } from '../audit';
import { limitOf } from '../limit';
import { type CommonOptions, type Host, printJson } from '../tenants/tools';

type Webhooks = ReturnType<typeof webhooksOf>;

const POLL_MS = 300;
/** Longer than a receiver may take (`WEBHOOK_TIMEOUT_MS`, a minute at most), and a sweep beside it. */
const PING_PATIENCE_MS = 90_000;

/** Adds the commands about what was sent, or is to be. */
export function addDeliveryCommands(webhooks: Command, { env, end }: Host): void {
  const clientOf = (): Webhooks => webhooksOf(caller(openSession(env)));

  webhooks
    .command('deliveries')
    .description('show the deliveries of a webhook, newest first')
    .argument('<id>', 'its id')
    .addOption(new Option('--state <state>', 'only these').choices(DELIVERY_STATES))
    .option('--limit <n>', 'at most this many', '50')
    .option('--json', 'as JSON, with every attempt')
    .action(
      async (id: string, { state, limit, ...options }: CommonOptions & { state?: DeliveryState; limit: string }) => {
        const terminal = openTerminal(options);
        const found = await clientOf().deliveries(id, state === undefined ? {} : { state }, limitOf(limit));
        if (terminal.isJson) return printJson(found);
        if (found.items.length === 0) return terminal.print('There are no such deliveries.');
        terminal.print(deliveryTable(found.items, terminal.columns));
        if (!found.isComplete) terminal.print(pc.dim('There are more; raise --limit.'));
      },
    );

  webhooks
    .command('redeliver')
    .description('send again what has failed, and at once what waits for its next attempt')
    .argument('<id>', 'id of the webhook')
    .argument('[delivery]', 'this one alone, whatever became of it; all when left out')
    .option('--since <when>', 'only events that are not older: a time, or an age such as 2h or 7d')
    .option('--json', 'as JSON')
    .action(
      async (id: string, delivery: string | undefined, { since, ...options }: CommonOptions & { since?: string }) => {
        const terminal = openTerminal(options);
        if (delivery !== undefined) {
          const begun = await clientOf().redeliver(id, delivery);
          return terminal.isJson ? printJson(begun) : terminal.print(`Delivery ${pc.bold(delivery)} goes again.`);
        }
        const from = since === undefined ? undefined : beginningOf(since);
        const redelivered = await redeliverAll(clientOf(), id, from);
        if (terminal.isJson) printJson({ redelivered });
        else terminal.print(`${redelivered} deliveries go again.`);
      },
    );

  webhooks
    .command('give-up')
    .description('give up what a receiver will never take, so that the next one of its tenant goes')
    .argument('<id>', 'id of the webhook')
    .argument('<delivery>', 'id of the delivery')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nSent all the same, while its event is kept: freeflow webhooks redeliver ID DELIVERY')
    .action(async (id: string, delivery: string, options: CommonOptions) => {
      const terminal = openTerminal(options);
      const givenUp = await clientOf().giveUp(id, delivery);
      if (terminal.isJson) printJson(givenUp);
      else terminal.print(`Delivery ${pc.bold(delivery)} is given up.`);
    });

  webhooks
    .command('ping')
    .description('try a receiver out by an event of its own, and show what it answers')
    .argument('<id>', 'id of the webhook')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit codes: 0 delivered, 1 not, 4 unreachable.')
    .action(async (id: string, options: CommonOptions) => {
      const terminal = openTerminal(options);
      const client = clientOf();
      const delivery = await untilEnded(client, id, await client.ping(id));
      if (terminal.isJson) printJson(delivery);
      else terminal.print(`${delivery.state}: ${lastText(delivery)}`);
      end(delivery.state === 'delivered' ? EXIT.done : EXIT.refused);
    });
}

/** A request takes a thousand; what fails anew meanwhile is left alone. */
async function redeliverAll(client: Webhooks, id: string, since: string | undefined): Promise<number> {
  const body: NonNullable<RedeliverBody> = since === undefined ? {} : { since };
  for (let sum = 0; ;) {
    const { redelivered, isComplete, failedBefore } = await client.redeliverAll(id, body);
    sum += redelivered;
    if (isComplete) return sum;
    body.failedBefore = failedBefore;
  }
}

async function untilEnded(client: Webhooks, webhookId: string, ping: DeliveryBody): Promise<DeliveryBody> {
  for (const until = Date.now() + PING_PATIENCE_MS; Date.now() < until; await delay(POLL_MS)) {
    const found = await client.delivery(webhookId, ping.id);
    if (found.endedAt !== null) return found;
  }
  throw new Failure(
    EXIT.unreachable,
    `It was not known within ${PING_PATIENCE_MS / 1_000} s whether it arrived.`,
    'Check that a worker runs: freeflow doctor. What became of it: freeflow webhooks deliveries ID',
  );
}
