import type { Command } from 'commander';
import type { Host } from '../tenants/tools';
import { addDeliveryCommands } from './deliveries';
import { addWebhookCommands } from './manage';

/** Adds `freeflow webhooks`. */
export function addWebhooks(program: Command, host: Host): void {
  const webhooks = program.command('webhooks').description('have events sent to URLs: docs/webhooks.md');
  addWebhookCommands(webhooks, host);
  addDeliveryCommands(webhooks, host);
}
