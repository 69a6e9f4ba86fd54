import { operationTitle } from '@freeflow/contract';
import type { OperationBody, TenantBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { pastable } from '../invocation';

/** How an operation has ended, or what it waits for, with the next commands ready to paste. */
export function outcomeOf(
  tenant: TenantBody,
  operation: OperationBody,
  took: string | undefined,
  freeflow: string,
): string {
  const name = pc.bold(tenant.name);
  const kind = operationTitle(operation.kind);
  const run = operation.run.url === null ? [] : [`Run: ${operation.run.url}`];
  const why = [operation.cause, operation.advice].flatMap((it) => (it === null ? [] : [pastable(it, freeflow)]));
  switch (operation.state) {
    case 'done':
      return doneText(tenant, operation, took, freeflow);
    case 'rolled_back':
      return [
        `${name}: ${kind} was ${pc.red('rolled back')} at ${operation.step ?? 'an unknown step'}; the tenant is ${statusOf(tenant)}.`,
        ...why,
        ...run,
      ].join('\n');
    case 'refused':
      return [`${name}: ${kind} was ${pc.red('refused')}.`, ...why].join('\n');
    case 'incomplete':
      return [`${name}: ${kind} ended ${pc.red('incomplete')}.`, ...why, ...run].join('\n');
    case 'parked':
      return [...parkedLines(tenant, operation, freeflow), ...answers(tenant.name, freeflow), ...run].join('\n');
    case 'requested':
    case 'running':
    case 'undoing':
      return [
        `${name}: ${kind} is ${operation.state}. Follow it: ${freeflow} tenants watch ${tenant.name}`,
        ...run,
      ].join('\n');
  }
}

/** Without a run, there was nothing to do: that must not read as if something had been done just now. */
function doneText(
  tenant: TenantBody,
  { kind, startedAt, overlapSeconds }: OperationBody,
  took: string | undefined,
  freeflow: string,
): string {
  const name = pc.bold(tenant.name);
  if (startedAt === null) return `${name} is ${pc.green(statusOf(tenant))} already: nothing to do.`;
  if (kind === 'rotate')
    return `${name} has ${pc.green('new credentials')}: ${freeflow} tenants connect ${tenant.name}. ${overlapText(overlapSeconds)}`;
  if (kind === 'retire') return `${name}: the old credentials are ${pc.green('ended')}.`;
  if (kind === 'adopt') return `${name}: the new id is ${pc.green('recorded')}; what is parked for it is retried.`;
  return `${name} is ${pc.green(statusOf(tenant))}${took === undefined ? '' : ` after ${took}`}.`;
}

/** What became of those before. */
const overlapText = (seconds: number | null): string =>
  seconds === 0
    ? 'Those before were ended, and are refused.'
    : `Those before work for another ${describeSeconds(seconds ?? 0)}.`;

const describeSeconds = (seconds: number): string => {
  if (seconds >= 172_800) return `${Math.round(seconds / 86_400)} days`;
  return seconds >= 7_200 ? `${Math.round(seconds / 3_600)} hours` : `${Math.round(seconds / 60)} minutes`;
};

function parkedLines({ name }: TenantBody, { kind, parked, attempts }: OperationBody, freeflow: string): string[] {
  const steps = parked.map(({ step }) => step).join(', ');
  return [
    `${pc.bold(name)}: ${operationTitle(kind)} is ${pc.yellow('parked')} at ${steps} after ${attempts} failed attempts; it is retried slowly until it is answered.`,
    ...parked.flatMap(({ step, cause, advice }) => [`${step}: ${cause}`, pastable(advice, freeflow)]),
  ];
}

const answers = (name: string, freeflow: string) =>
  [
    [`retry ${name}`, 'try again at once'],
    [`abort ${name}`, 'undo all of it; not possible once a drop has begun'],
    [`skip ${name} --reason '...'`, 'leave it behind; for a drop or an undo only'],
  ].map(([command, effect]) => `  ${freeflow} tenants ${command}  ${pc.dim(`# ${effect}`)}`);

/** The status of a tenant for people: a deleted one can be restorable, or gone for good. */
export function statusOf({ status, goneAt }: TenantBody): string {
  if (goneAt !== null) return 'gone';
  return status === 'deleted' ? 'deleted (its data is kept)' : status;
}
