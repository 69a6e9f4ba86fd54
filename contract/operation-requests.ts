import type { OperationKind } from './operations/kinds';
import type { Decision } from './operations/row';
import { OPERATIONS, type OperationTable } from './operations/table';
import type { TenantSituation, TenantStatus } from './states';

type RequestsOf<K extends OperationKind> = OperationTable[K]['requests'];

/** Every request by HTTP that becomes an operation: `suspend`, `hard_delete_forced`, ... */
export type OperationRequestName = { [K in OperationKind]: keyof RequestsOf<K> & string }[OperationKind];
/** Those about a tenant that is there. */
export type TenantRequestName = Exclude<OperationRequestName, 'create'>;

/** One request for an operation, with the kind of operation it becomes. */
export interface OperationRequest {
  readonly kind: OperationKind;
  readonly summary: string;
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  /** With `:id` for the tenant's id. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: `{${string}}`;
  readonly takesBody?: true;
  readonly isForced: boolean;
  readonly decisions: Readonly<Record<TenantSituation, Decision>> | null;
  readonly isDoneBy: readonly OperationKind[];
  readonly beside: 'is-refused' | 'interrupts' | 'goes-beside';
  readonly interrupts?: readonly OperationKind[];
}

/** By their names, each once. */
export const OPERATION_REQUESTS = Object.fromEntries(
  Object.entries(OPERATIONS).flatMap(([kind, { summary, requests }]) =>
    Object.entries(requests).map(([name, request]) => [name, { kind, summary, ...request }]),
  ),
) as Readonly<Record<OperationRequestName, OperationRequest>>;

export const TENANT_REQUEST_NAMES = (Object.keys(OPERATION_REQUESTS) as OperationRequestName[]).filter(
  (name): name is TenantRequestName => OPERATION_REQUESTS[name].decisions !== null,
);

/** What an admin can request by a POST whose path is all it needs: `suspend`, `resume`, ... */
export const POST_REQUEST_NAMES = TENANT_REQUEST_NAMES.filter((name) => {
  const { kind, method, takesBody } = OPERATION_REQUESTS[name];
  return method === 'POST' && takesBody !== true && OPERATIONS[kind].askedBy === 'admin';
});

/**
 * The one request about a tenant that a method, a path and a parsed query stand for.
 * @throws Error where there is none: a defect, since routes come from the same table
 */
export function findTenantRequest(
  method: OperationRequest['method'],
  path: string,
  query: Readonly<Record<string, string>>,
): TenantRequestName {
  const found = TENANT_REQUEST_NAMES.find((name) => {
    const request = OPERATION_REQUESTS[name];
    const isAsked = Object.entries(request.query ?? {}).every(([key, value]) => query[key] === value);
    return request.method === method && request.path === path && isAsked;
  });
  if (found === undefined) throw new Error(`no request of ${method} ${path} with ${JSON.stringify(query)}`);
  return found;
}

/** The one place where it is decided whether a request is accepted for a tenant. */
export function decide(
  name: TenantRequestName,
  situation: TenantSituation,
  inProgress: OperationKind | undefined,
): Decision {
  const { decisions, isDoneBy, beside, interrupts } = OPERATION_REQUESTS[name];
  const decision = decisions?.[situation] ?? 'tenant-unknown';
  if (inProgress === undefined) return decision;
  if (isDoneBy.includes(inProgress)) return 'nothing';
  if (beside === 'goes-beside' || interrupts?.includes(inProgress) === true) return decision;
  // What is in progress is rolled back, and the deletion follows.
  return beside === 'interrupts' ? 'accept' : 'operation-in-progress';
}

export function situationOf({
  status,
  isGone,
  isRegisteredOnly,
}: {
  status: TenantStatus;
  isGone: boolean;
  isRegisteredOnly: boolean;
}): TenantSituation {
  if (isGone) return 'gone';
  return isRegisteredOnly ? 'registered' : status;
}
