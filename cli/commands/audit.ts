import { AUDIT_ACTIONS, type AuditAction } from '@freeflow/contract';
import type { AuditEventBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { parseDuration } from '@freeflow/lib/config';
import { Argument, Option, type Command } from 'commander';
import { auditRows, type AuditFilter } from '../client/audit';
import { caller } from '../client/http';
import { openSession } from '../client/session';
import { EXIT, Failure } from '../failure';
import { MOMENT_FORM, parseMoment } from '../moment';
import { auditTable } from '../show/audit';
import { say } from '../show/printable';
import { openTerminal } from '../terminal';
import { limitOf } from './limit';
import { type CommonOptions, type Host, printJson } from './tenants/tools';

interface AuditOptions extends CommonOptions {
  tenant?: string;
  actor?: string;
  action?: AuditAction;
  since?: string;
  limit: string;
}

/** Adds `freeflow audit` and `freeflow audit export`. */
export function addAudit(program: Command, { env }: Host): void {
  program
    .command('audit')
    .description('show who changed what, from where, and who was refused: newest first')
    .addArgument(new Argument('[export]', 'all that match, as JSON, a line per row').choices(['export']))
    .option('--tenant <tenant>', 'only of this tenant, by name or id')
    .option('--actor <subject>', 'only of this subject of tokens')
    .addOption(new Option('--action <action>', 'only this action').choices(AUDIT_ACTIONS))
    .option(
      '--since <when>',
      'only what is not older: a date (midnight UTC), a time with its zone, such as 2026-11-27T06:00:00Z, or an age such as 30m, 2h or 7d',
    )
    .option('--limit <n>', 'at most this many; an export has all', '100')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  pnpm freeflow audit --since 24h
  pnpm freeflow audit --tenant acme --action tenants.delete
  pnpm -s freeflow audit export --since 30d > audit.jsonl`,
    )
    .action(async (form: 'export' | undefined, { limit, json, ...options }: AuditOptions) => {
      const filter = filterOf(options);
      const call = caller(openSession(env));
      if (form === 'export') return exportRows(auditRows(call, filter));
      const { items, isComplete } = await collect(auditRows(call, filter, limitOf(limit)));
      const terminal = openTerminal(json === true ? { json } : {});
      if (terminal.isJson) return printJson({ items, isComplete });
      if (items.length === 0) return terminal.print('Nothing in the audit trail matches.');
      terminal.print(auditTable(items, terminal.columns));
      if (!isComplete) terminal.print(pc.dim(`Only the newest ${items.length} are shown; raise --limit for more.`));
    });
}

async function exportRows(rows: AsyncIterable<AuditEventBody>): Promise<void> {
  for await (const row of rows) say(JSON.stringify(row));
}

async function collect(
  rows: AsyncGenerator<AuditEventBody, boolean>,
): Promise<{ items: AuditEventBody[]; isComplete: boolean }> {
  const items: AuditEventBody[] = [];
  for (;;) {
    const { done, value } = await rows.next();
    if (done === true) return { items, isComplete: value };
    items.push(value);
  }
}

const filterOf = ({ tenant, actor, action, since }: Omit<AuditOptions, 'limit'>): AuditFilter => ({
  ...(tenant === undefined ? {} : { tenant }),
  ...(actor === undefined ? {} : { actor }),
  ...(action === undefined ? {} : { action }),
  ...(since === undefined ? {} : { since: beginningOf(since) }),
});

/** The beginning of what is shown, as the API takes it; an age counts back from now, by the clock of this machine. */
export function beginningOf(since: string, now = Date.now()): string {
  const ageMs = parseDuration(since);
  const moment = ageMs === undefined ? parseMoment(since) : new Date(now - ageMs).toISOString();
  if (moment !== undefined) return moment;
  throw new Failure(
    EXIT.usage,
    `--since ${since} is neither a date, a time with its zone nor an age.`,
    `Give ${MOMENT_FORM}, or an age such as 30m, 2h or 7d.`,
  );
}
