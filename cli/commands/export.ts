import type { TenantBody } from '@freeflow/contract/http';
import type { Command } from 'commander';
import { entriesOf, fileOf, isExported, isUnsettled } from '../apply/write-file';
import { openSession } from '../client/session';
import type { ListFilter } from '../client/tenants';
import { say, sayAside } from '../show/printable';
import { collectLabelFilter } from './tenants/identity-options';
import { type Host, printJson, toolsOf } from './tenants/tools';

/** Where the API has the schema of the file. */
const SCHEMA_PATH = '/schemas/tenants.json';

/** Adds `freeflow export`, which writes the file that `apply` reads. */
export function addExport(program: Command, { env }: Host): void {
  program
    .command('export')
    .description('print the tenants as a file for apply, without those that are deleted or were never completed')
    .option('--label <key=value>', 'only those with this label; repeated: with all of them', collectLabelFilter)
    .option('--json', 'as JSON, which apply reads as well')
    .addHelpText(
      'after',
      `
Examples:
  pnpm -s freeflow export > tenants.yaml
  pnpm -s freeflow export --label team=shop`,
    )
    .action(async ({ label, json = false }: Pick<ListFilter, 'label'> & { json?: boolean }) => {
      const { tenants } = toolsOf({ json }, env);
      const { items } = await tenants.list(label === undefined ? {} : { label }, Infinity);
      const entries = entriesOf(items.filter(isExported));
      if (json) printJson({ tenants: entries });
      else say(fileOf(entries, openSession(env).url + SCHEMA_PATH).trimEnd());
      sayNames('Left out, as they are deleted, are being, or were never completed', items, (it) => !isExported(it));
      sayNames('In an operation, whose result is not in the file: export again once it has ended', items, isUnsettled);
    });
}

function sayNames(what: string, tenants: readonly TenantBody[], isMeant: (tenant: TenantBody) => boolean): void {
  const names = tenants.filter(isMeant).map(({ name }) => name);
  if (names.length > 0) sayAside(`${what}: ${names.toSorted().join(', ')}`);
}
