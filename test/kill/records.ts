import { ANSWER_REQUEST_ACTIONS, isStatusOperation, REQUEST_ACTIONS, type OperationKind } from '@freeflow/contract';
import type { TestInstallation } from '../support/installation';

/** What the master database has of a tenant, and what it has told of that. */
interface Records {
  tenant: { status: string; goneAt: Date | null };
  operations: { id: string; kind: OperationKind; state: string; startedAt: Date | null; endedAt: Date | null }[];
  /** The seq of each attempt of a step. */
  attempts: number[];
  events: { type: string; operationId: string | null; data: Record<string, unknown> }[];
  audited: { action: string; outcome: string; operationId: string | null; requestId: string | null }[];
}

/** `true`, or what is wrong with what was told of a tenant: as events, and in the audit trail. */
export async function judgeRecords(
  installation: TestInstallation,
  tenant: { id: string; name: string },
): Promise<{ events: string; audit: string }> {
  const records = await readRecords(installation, tenant);
  return {
    events: [...faultsOfOperations(records), ...faultsOfTenant(records)].join(', ') || 'true',
    audit: faultsOfAudit(records).join(', ') || 'true',
  };
}

async function readRecords({ master }: TestInstallation, { id, name }: { id: string; name: string }): Promise<Records> {
  // Of one moment, by one statement.
  const { rows } = await master.query<{ records: Records }>(
    `SELECT json_build_object(
       'tenant', (SELECT row_to_json(t) FROM "Tenant" t WHERE t.id = $1),
       'operations', (SELECT coalesce(json_agg(o ORDER BY o."createdAt"), '[]') FROM "TenantOperation" o WHERE o."tenantId" = $1),
       'attempts', (SELECT coalesce(json_agg(l.seq ORDER BY l.seq), '[]') FROM "TenantProvisionLog" l WHERE l."tenantId" = $1 AND l."operationId" IS NOT NULL),
       'events', (SELECT coalesce(json_agg(e ORDER BY e.id), '[]') FROM "Event" e WHERE e."tenantId" = $1),
       'audited', (SELECT coalesce(json_agg(a ORDER BY a."at"), '[]') FROM "AuditEvent" a WHERE a."tenantId" = $1 OR a."tenantName" = $2)
     ) AS records`,
    [id, name],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('a statement without FROM has a row');
  return row.records;
}

/** Each operation is told from its request to its end, once and in this order. */
function faultsOfOperations({ operations, attempts, events }: Records): string[] {
  const faults = operations.flatMap(({ id, kind, state, startedAt, endedAt }) => {
    // An answer is recorded with its effect, before or after it.
    const own = events.filter(
      (it) => it.operationId === id && it.type.startsWith('operation.') && it.type !== 'operation.answered',
    );
    const placesOf = (type: string) => own.flatMap((it, at) => (it.type === type ? [at] : []));
    const expected = {
      'operation.requested': [0],
      // With nothing to do it has ended at once.
      'operation.started': startedAt === null ? [] : [1],
      'operation.ended': endedAt === null ? [] : [own.length - 1],
    };
    const told = own.at(-1)?.data['state'];
    return [
      ...Object.entries(expected).flatMap(([type, places]) =>
        String(placesOf(type)) === String(places) ? [] : [`${type} of ${kind} at ${String(placesOf(type)) || 'none'}`],
      ),
      ...(endedAt === null || told === state ? [] : [`${kind} has ended as ${state}, told as ${String(told)}`]),
    ];
  });
  const steps = events.flatMap(({ type, data }) => (type.startsWith('step.') ? [data['seq']] : []));
  return String(steps) === String(attempts) ? faults : [...faults, 'the attempts told are not those of the log'];
}

/** Each status follows from the one before, up to what the tenant is. */
function faultsOfTenant({ tenant, events }: Records): string[] {
  const ofType = (type: string) => events.filter((it) => it.type === type);
  const changes = ofType('tenant.status-changed').map(({ data }) => data);
  const created = ofType('tenant.created').map(({ data }) => data['status']);
  const reached = [...created, ...changes.map(({ to }) => to)];
  return [
    ...(created.length === 1 ? [] : [`told ${created.length} times as created`]),
    ...(String(changes.map(({ from }) => from)) === String(reached.slice(0, -1)) && reached.at(-1) === tenant.status
      ? []
      : [`told as ${reached.join(' > ')}`]),
    ...(ofType('tenant.gone').length === (tenant.goneAt === null ? 0 : 1) ? [] : ['told wrongly as gone']),
  ];
}

/** One row for each call that was accepted, none for what was not; no answer has taken effect twice. */
function faultsOfAudit({ operations, audited }: Records): string[] {
  const accepted = audited.filter((it) => it.outcome === 'accepted' && it.operationId !== null && !isAnswer(it.action));
  const faults = operations.flatMap(({ id, kind }) => {
    const actions = accepted.filter((it) => it.operationId === id).map(({ action }) => action);
    const wanted = actionOf(kind);
    return String(actions) === String(wanted) ? [] : [`${kind} accepted by ${actions.join(' and ') || 'nobody'}`];
  });
  const unknown = accepted.filter((it) => !operations.some(({ id }) => id === it.operationId));
  const effects = audited.flatMap((it) =>
    it.outcome === 'done' && it.requestId !== null ? [`${it.requestId}/${it.operationId ?? ''}`] : [],
  );
  return [
    ...faults,
    ...unknown.map(({ action }) => `${action} accepted, and not committed`),
    ...(new Set(effects).size === effects.length ? [] : ['an answer that took effect twice']),
  ];
}

/** Such as the abort by which an operation is undone. */
const isAnswer = (action: string): boolean => Object.values<string>(ANSWER_REQUEST_ACTIONS).includes(action);

/** Nobody requests a purge, nor the end of what a rotation has replaced. */
const actionOf = (kind: OperationKind): string[] =>
  kind === 'purge' || kind === 'retire'
    ? []
    : [isStatusOperation(kind) ? REQUEST_ACTIONS[kind] : REQUEST_ACTIONS.adopt];
