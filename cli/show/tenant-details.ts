import { BACKEND_KINDS, BACKENDS, operationTitle, type BackendKind } from '@freeflow/contract';
import { absenceEvidenceSchema, type OperationBody, type TenantDetailBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { type Fact, optional, toLine } from './fact';
import { identityFacts } from './identity';
import { outcomeOf, statusOf } from './outcome';
import { age } from './time';

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

function factsOf(tenant: TenantDetailBody): Fact[] {
  const { operation, interrupted, deletionProtected } = tenant;
  return [
    ['name', pc.bold(tenant.name)],
    ['id', tenant.id],
    ['status', statusOf(tenant)],
    ['created', withAge(tenant.createdAt)],
    ...identityFacts(tenant),
    ...optional('purged', tenant.purgeAt, (it) =>
      deletionProtected
        ? `not while it is protected; else at ${it}`
        : `at ${laterOf(it, tenant.holdUntil)} or soon after`,
    ),
    ...optional('gone', tenant.goneAt, withAge),
    ...optional('blueprint', tenant.blueprintVersion ?? null, (it) => `version ${it}`),
    ...BACKEND_KINDS.map((kind): Fact => [kind, resourceOf(tenant, kind)]),
    ...tenant.credentials.flatMap(factsOfCredential),
    ...optional('last operation', operation, describeOperation),
    ...optional('trace', operation?.traceId ?? null, String),
    ...optional('interrupted', interrupted, describeOperation),
  ];
}

/** One that was rotated, and until when the one before works as well. */
function factsOfCredential({
  backend,
  version,
  rotatedAt,
  previousValidUntil,
}: TenantDetailBody['credentials'][number]): Fact[] {
  if (rotatedAt === null) return [];
  const before = previousValidUntil === null ? '' : `; the one before works until ${previousValidUntil}`;
  return [[`${backend} login`, `version ${version} since ${withAge(rotatedAt)}${before}`]];
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

const laterOf = (time: string, other: string | null): string =>
  other !== null && Date.parse(other) > Date.parse(time) ? other : time;
const withAge = (time: string): string => `${time} (${age(time)} ago)`;
