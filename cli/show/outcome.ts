import type { OperationBody, TenantBody } from '@freeflow/contract/http';
import pc from 'picocolors';

/** How an operation has ended, or what it waits for, with the ways out ready to paste. */
export function outcomeOf(
  tenant: TenantBody,
  operation: OperationBody,
  took: string | undefined,
  freeflow: string,
): string {
  const { name } = tenant;
  const kind = operation.kind.replaceAll('_', ' ');
  const why = [operation.cause, operation.advice].filter((it) => it !== null);
  const run = operation.run.url === null ? [] : [`Run: ${operation.run.url}`];
  switch (operation.state) {
    case 'done':
      if (operation.kind === 'adopt')
        return `${pc.bold(name)}: the new id is ${pc.green('recorded')}; steps that waited for it are retried.`;
      return `${pc.bold(name)} is ${pc.green(statusOf(tenant))}${took === undefined ? '' : ` after ${took}`}.`;
    case 'rolled_back':
      return [
        `${pc.bold(name)}: ${kind} was ${pc.red('rolled back')}; it is ${statusOf(tenant)}. It failed at ${operation.step ?? '?'}:`,
        ...why,
        ...run,
      ].join('\n');
    case 'refused':
      return [`${pc.bold(name)}: ${kind} was ${pc.red('refused')}:`, ...why].join('\n');
    case 'incomplete':
      return [`${pc.bold(name)}: ${kind} is ${pc.red('incomplete')}:`, ...why, ...run].join('\n');
    case 'parked':
      return [
        `${pc.bold(name)}: ${kind} is ${pc.yellow('parked')} at ${operation.step ?? '?'} after ${operation.attempts} failed attempts; it is retried ever more slowly by itself.`,
        ...why,
        ...waysOut(name, freeflow),
        ...run,
      ].join('\n');
    case 'requested':
    case 'running':
    case 'undoing':
      return [
        `${pc.bold(name)}: ${kind} is ${operation.state}. Follow it: ${freeflow} tenants watch ${name}`,
        ...run,
      ].join('\n');
  }
}

const waysOut = (name: string, freeflow: string) =>
  [
    [`retry ${name}`, 'try again at once'],
    [`abort ${name}`, 'roll all of it back; not once anything is dropped'],
    [`skip ${name} --reason '...'`, 'a drop or an undo only: leave it out'],
  ].map(([command, does]) => `  ${freeflow} tenants ${command}  ${pc.dim(`# ${does}`)}`);

/** In one word how a tenant is: a deleted one may be restorable or gone for good. */
export function statusOf({ status, goneAt }: TenantBody): string {
  if (goneAt !== null) return 'gone';
  return status === 'deleted' ? 'deleted (its data is kept)' : status;
}
