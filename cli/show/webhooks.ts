import type { DeliveryBody, WebhookBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { type Fact, optional, toLine } from './fact';
import { inColumns } from './table';

/** Webhooks as a table. */
export const webhookTable = (rows: readonly WebhookBody[], columns: number | undefined): string =>
  inColumns(['ID', 'STATE', 'UNDELIVERED', 'EVENTS', 'URL'], rows.map(webhookCells), columns);

const webhookCells = (row: WebhookBody): string[] => [
  row.id,
  stateText(row),
  undeliveredText(row),
  eventsText(row),
  row.description === null || row.description === '' ? row.url : `${row.url} (${row.description})`,
];

/** One of them, with all that is known of it. */
export const webhookDetails = (row: WebhookBody): string => factsOf(row).map(toLine).join('\n');

const factsOf = (row: WebhookBody): Fact[] => [
  ['id', row.id],
  ['URL', row.url],
  ...optional('description', row.description, String),
  ['state', stateText(row)],
  ...optional('disabled', row.disabledAt, String),
  ['events', eventsText(row)],
  ['undelivered', undeliveredText(row)],
  ['skipped', String(row.skippedEvents)],
  ['created', `${row.createdAt} by ${row.createdBy}`],
];

const eventsText = ({ eventTypes }: WebhookBody): string => (eventTypes.length === 0 ? 'all' : eventTypes.join(','));

const undeliveredText = ({ undelivered, hasMoreUndelivered }: WebhookBody): string =>
  hasMoreUndelivered ? `${undelivered} or more` : String(undelivered);

function stateText({ state, disabledReason, failingSince }: WebhookBody): string {
  if (state === 'disabled') return pc.red(`disabled: ${disabledReason ?? 'unknown'}`);
  return failingSince === null ? state : pc.yellow(`failing since ${failingSince}`);
}

/** Deliveries as a table. */
export const deliveryTable = (rows: readonly DeliveryBody[], columns: number | undefined): string =>
  inColumns(['ID', 'EVENT', 'TENANT', 'TYPE', 'STATE', 'ATTEMPTS', 'LAST'], rows.map(deliveryCells), columns);

const deliveryCells = (row: DeliveryBody): string[] => [
  row.id,
  row.eventId ?? '-',
  row.tenantName ?? '-',
  row.type,
  row.state === 'failed' ? pc.red(row.state) : row.state,
  String(row.attempts.length),
  lastText(row),
];

/** What the last attempt came to, and when the next one is. */
export function lastText({ attempts, nextAttemptAt }: DeliveryBody): string {
  const last = attempts.at(-1);
  const outcome = last === undefined ? 'not sent yet' : (last.cause ?? `answered ${last.status ?? '?'}`);
  return nextAttemptAt === null ? outcome : `${outcome}; again at ${nextAttemptAt}`;
}
