import { OPERATION_STATES, TENANT_STATUSES } from '@freeflow/contract';
import type { ClientBase } from 'pg';
import { encodeCursor } from '../../api/tenants/cursor';

/** A parked step of some tenants, and one that others were rolled back at. */
export const STEP = 'qdrant.create';

/** Some tenants to ask for, in the middle of all. */
export interface Sample {
  id: string;
  name: string;
  externalId: string;
  goneName: string;
  parkedId: string;
  /** Where a page begins that half of all tenants come before. */
  cursor: string;
}

export async function takeSample(owner: ClientBase): Promise<Sample> {
  const find = async <Row>(condition: string): Promise<Row> => {
    const { rows } = await owner.query<{ row: Row }>(
      `SELECT to_jsonb(t) AS row FROM "Tenant" t WHERE ${condition} ORDER BY t."createdAt" OFFSET (SELECT count(*) / 2 FROM "Tenant" t WHERE ${condition}) LIMIT 1`,
    );
    const [first] = rows;
    if (first === undefined) throw new Error(`there is no tenant of ${condition}`);
    return first.row;
  };
  const live = await find<{ id: string; name: string; externalId: string; createdAt: string }>(`status = 'active'`);
  const gone = await find<{ name: string }>(`"goneAt" IS NOT NULL`);
  const parked = await find<{ id: string }>(
    `EXISTS (SELECT FROM "TenantOperation" o WHERE o."tenantId" = t.id AND o.state = 'parked')`,
  );
  const cursor = encodeCursor([new Date(live.createdAt).toISOString(), live.id]);
  return {
    id: live.id,
    name: live.name,
    externalId: live.externalId,
    goneName: gone.name,
    parkedId: parked.id,
    cursor,
  };
}

/**
 * Every filter of the list of tenants with every other; in the short form only those values that are found in different
 * ways.
 */
export function listRoutes({ name, goneName, externalId, cursor }: Sample, isLong: boolean): string[] {
  const filters = {
    status: [undefined, ...TENANT_STATUSES.filter((it) => isLong || ['suspended', 'deleted'].includes(it))],
    operation: [
      undefined,
      ...OPERATION_STATES.filter((it) => isLong || ['parked', 'done', 'refused', 'rolled_back'].includes(it)),
    ],
    step: [undefined, STEP],
    gone: [undefined, 'true'],
    cursor: [undefined, cursor],
  };
  const named = [
    `name=${name}`,
    `name=${goneName}`,
    `name=${goneName}&gone=true`,
    `name=${name}&status=active`,
    `prefix=${name.slice(0, 4)}`,
    `prefix=${name.slice(0, 1)}`,
    `prefix=${goneName.slice(0, 4)}&gone=true`,
    `externalId=${externalId}`,
    `externalId=crm-${goneName}`,
    `externalId=crm-${goneName}&gone=true`,
    `prefix=${name.slice(0, 4)}&plan=free`,
    `externalId=${externalId}&plan=free`,
    `externalId=${externalId}&label=tier%3Afree&status=active`,
  ];
  return [...combinationsOf(filters), ...named.map((query) => `/tenants?${query}`)];
}

/** Labels that half, one in thirty and a hundred of all tenants have. */
const LABELS = ['tier:free', 'region:r7', 'cohort:c7'];

/** Labels of every frequency, alone and together, with filters that are found in different ways. */
export const labelRoutes = ({ cursor }: Sample): string[] => [
  ...combinationsOf({
    label: LABELS,
    status: [undefined, 'active', 'suspended'],
    operation: [undefined, 'parked', 'done'],
    gone: [undefined, 'true'],
    cursor: [undefined, cursor],
  }),
  ...['', '&gone=true', `&cursor=${cursor}`].map(
    (more) => `/tenants?limit=20&${LABELS.map((it) => `label=${it}`).join('&')}${more}`,
  ),
];

/** Plans that a third, one in a hundred and one in a thousand of all tenants have. */
export const planRoutes = ({ cursor }: Sample): string[] =>
  combinationsOf({
    plan: ['free', 'pro', 'trial', 'none'],
    status: [undefined, 'active'],
    operation: [undefined, 'parked', 'done'],
    gone: [undefined, 'true'],
    cursor: [undefined, cursor],
  });

/** A route for each value of each filter with each of the others. */
function combinationsOf(filters: Readonly<Record<string, readonly (string | undefined)[]>>): string[] {
  let queries: [string, string][][] = [[['limit', '20']]];
  for (const [filter, values] of Object.entries(filters))
    queries = queries.flatMap((query) =>
      values.map((value) => (value === undefined ? query : [...query, [filter, value] as [string, string]])),
    );
  return queries.map((query) => `/tenants?${new URLSearchParams(query).toString()}`);
}

/** The routes that stand for all, by what is asked. */
export function namedRoutes({ id, name, externalId, goneName, parkedId, cursor }: Sample): Record<string, string> {
  const list = (query: string) => `/tenants?limit=20${query}`;
  return {
    'all that live': list(''),
    'all that live, from the middle': list(`&cursor=${cursor}`),
    'all that ever were': list('&gone=true'),
    'by status, many': list('&status=active'),
    'by status, few': list('&status=suspended'),
    'by status, many of them gone': list('&status=deleted'),
    'by status, from the middle': list(`&status=suspended&cursor=${cursor}`),
    'by operation, parked': list('&operation=parked'),
    'by operation, done': list('&operation=done'),
    'by operation, refused': list('&operation=refused'),
    'by operation, rolled back, all gone': list('&operation=rolled_back'),
    'by operation, rolled back, with those gone': list('&operation=rolled_back&gone=true'),
    'by step': list(`&step=${STEP}`),
    'by status and operation': list('&status=active&operation=refused'),
    'by operation and step': list(`&operation=parked&step=${STEP}`),
    'by name': `/tenants?name=${name}`,
    'by name, gone': `/tenants?name=${goneName}&gone=true`,
    'by external id': `/tenants?externalId=${externalId}`,
    'by plan': list('&plan=free'),
    'by label, of many': list('&label=tier:free'),
    'by label, of few': list('&label=cohort:c7'),
    'one tenant': `/tenants/${id}`,
    'one tenant, parked': `/tenants/${parkedId}`,
    'log, first page': `/tenants/${id}/logs?limit=5`,
    'log, last page': `/tenants/${id}/logs?limit=5&cursor=${encodeCursor([15])}`,
    stuck: '/tenants/stuck',
    'audit trail': '/audit?limit=20',
    'audit trail of one tenant': `/audit?limit=20&tenant=${id}`,
    'audit trail of one action': '/audit?limit=20&action=tenants.suspend',
    'last report': '/reconcile',
    ready: '/health/ready',
    metrics: '/metrics',
  };
}
