import { BACKEND_KINDS, BACKENDS, operationTitle, type BackendKind } from '@freeflow/contract';
import { absenceEvidenceSchema, type OperationBody, type TenantDetailBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { outcomeOf, statusOf } from './outcome';
import { age } from './time';

const NAME_WIDTH = 14;

/** A tenant with its connections, its last operation with cause and advice, and once it is gone the proof of that. */
export function tenantDetails(tenant: TenantDetailBody, freeflow: string): string {
  const { operation, interrupted } = tenant;
  const outcomes = [operation, interrupted].flatMap((it) =>
    it === null ? [] : ['', outcomeOf(tenant, it, undefined, freeflow)],
  );
  return [...factsOf(tenant).map(toLine), ...outcomes, ...proofOfAbsence(operation)].join('\n');
}

/** An operation in a few words: `create rolled back`. */
export const titleOf = ({ kind, state }: OperationBody): string =>
  `${operationTitle(kind)} ${state.replaceAll('_', ' ')}`;

function factsOf(tenant: TenantDetailBody): [name: string, value: string][] {
  const { operation, interrupted } = tenant;
  return [
    ['name', pc.bold(tenant.name)],
    ['id', tenant.id],
    ['status', statusOf(tenant)],
    ['created', withAge(tenant.createdAt)],
    ...optional('purged', tenant.purgeAt, (it) => `at ${it} or soon after`),
    ...optional('held', tenant.holdUntil, (it) => `not purged before ${it}`),
    ...optional('gone', tenant.goneAt, withAge),
    ...BACKEND_KINDS.map((kind): [string, string] => [kind, resourceOf(tenant, kind)]),
    ...optional('last operation', operation, describeOperation),
    ...optional('interrupted', interrupted, describeOperation),
  ];
}

/** Where a tenant's resource is, as far as its connection is recorded. */
function resourceOf({ connections, ...tenant }: TenantDetailBody, kind: BackendKind): string {
  const { resource, nameColumn } = BACKENDS[kind];
  const name = `${resource} ${tenant[nameColumn]}`;
  const connection = connections.find(({ service }) => service === kind);
  if (connection === undefined) return name;
  const { host, port, username } = connection;
  return `${name} at ${host ?? 'an unknown host'}${port === null ? '' : `:${port}`}${username === null ? '' : ` as ${username}`}`;
}

const describeOperation = (it: OperationBody): string =>
  `${titleOf(it)}, requested by ${it.requestedBy} ${age(it.requestedAt)} ago`;

/** What each backend answered when everything was dropped; nothing where the operation has no such evidence. */
function proofOfAbsence(operation: OperationBody | null): string[] {
  const evidence = absenceEvidenceSchema.safeParse(operation?.evidence);
  if (!evidence.success) return [];
  const { backends, secretsDestroyed } = evidence.data;
  return [
    '',
    'Read back from the backends:',
    ...backends.map(({ kind, name, state, found = 'nothing was created', seenAt }) =>
      toLine([kind, `${name} is ${state}: ${found}${seenAt === undefined ? '' : ` (${seenAt})`}`]),
    ),
    toLine(['secrets', `${secretsDestroyed} destroyed`]),
  ];
}

const optional = <T>(name: string, value: T | null, toText: (value: T) => string): [string, string][] =>
  value === null ? [] : [[name, toText(value)]];
const withAge = (time: string): string => `${time} (${age(time)} ago)`;
const toLine = ([name, value]: [string, string]): string => `${pc.dim(name.padEnd(NAME_WIDTH))} ${value}`;
