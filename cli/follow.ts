import { setTimeout as delay } from 'node:timers/promises';
import { ENDED_STATES, type ParkedStep } from '@freeflow/contract';
import type { LogRowBody, OperationBody, TenantBody, TenantDetailBody } from '@freeflow/contract/http';
import type { Tenants } from './client/tenants';
import { EXIT, Failure } from './failure';
import type { Look, News } from './news';
import { isPassing, pauseAfter } from './passing';

/** The command ends after this long without an answer of the API, in ms. The operation goes on. */
const PATIENCE_MS = 30_000;
/** Pause between requests while the API does not answer, in ms. */
const OUTAGE_POLL_MS = 1_000;
/** What no worker has taken up for this long is said to wait for one, in ms. The following goes on. */
const UNTAKEN_MS = 10_000;

const ENDED: ReadonlySet<OperationBody['state']> = new Set(ENDED_STATES);

/** What becomes visible while an operation is followed. */
export interface Viewer {
  row(row: LogRowBody): void;
  state(tenant: TenantBody, operation: OperationBody): void;
  /** The API does not answer, or lets nothing through for now; the request is repeated. */
  outage(failure: Failure): void;
  /** There is no sign yet, after so long, that a worker has taken it up. */
  untaken(tenant: TenantBody, forMs: number): void;
}

/**
 * An answer that was just given to an operation: where it still shows as parked because of these parks, that is no
 * news.
 */
export interface GivenAnswer {
  /** By {@link parkOf}. */
  parks: ReadonlySet<string>;
  /** Gives the rows of the log since before the answer. */
  rowsSince: () => Promise<LogRowBody[]>;
}

interface Followed {
  tenantId: string;
  operationId: string;
  answer?: GivenAnswer;
  /** When to look again. */
  news: Pick<News, 'next'>;
  signal?: AbortSignal;
}

/**
 * Identifies one park: a step that parks again has another id, and a new run of the operation, which counts anew,
 * another time.
 */
export const parkOf = ({ parkId, since }: ParkedStep): string => `${parkId}@${since}`;

/**
 * Whether an operation waits for an answer. One that has just been answered does once every answered step has gone on,
 * or is parked anew.
 */
export function isWaiting({ state, parked }: OperationBody, answered: ReadonlySet<string> = new Set()): boolean {
  return state === 'parked' && parked.every((it) => !answered.has(parkOf(it)));
}

/**
 * Whether there is no sign that a worker has taken up an operation, or the answer to it. A forced deletion waits for
 * what it interrupts, not for a worker.
 */
export function isUntaken(
  { interrupted }: Pick<TenantDetailBody, 'interrupted'>,
  operation: OperationBody,
  answered: ReadonlySet<string> = new Set(),
): boolean {
  if (operation.state === 'requested') return interrupted === null;
  return operation.state === 'parked' && !isWaiting(operation, answered);
}

/**
 * Follows an operation until it has ended, or waits for an answer. An API that answers, be it that there are too many
 * requests, is followed for as long as it takes.
 * @returns the tenant as it is then, and the operation as it was seen last
 * @throws Failure `unreachable` when the API stays away
 */
export async function follow(
  tenants: Tenants,
  { tenantId, operationId, answer, news, signal }: Followed,
  viewer: Viewer,
): Promise<{ tenant: TenantBody; operation: OperationBody }> {
  const rowsSince = answer?.rowsSince ?? tenants.logs(tenantId);
  const startedAt = performance.now();
  let isTaken = false;
  let silentSince: number | undefined;
  let last: { tenant: TenantDetailBody; operation: OperationBody } | undefined;
  let look: Look = 'all';
  for (;;) {
    signal?.throwIfAborted();
    try {
      const tenant = look === 'rows' && last !== undefined ? last.tenant : await tenants.get(tenantId);
      const rows = (await rowsSince()).filter((row) => row.operationId === operationId);
      rows.forEach((row) => viewer.row(row));
      silentSince = undefined;
      const operation = findOperation(tenant, operationId);
      // Another one has followed it at once.
      if (operation === undefined && last !== undefined) return { ...last, tenant };
      if (operation === undefined) throw new SupersededFailure(tenant);
      last = { tenant, operation };
      viewer.state(tenant, operation);
      if (ENDED.has(operation.state) || isWaiting(operation, answer?.parks)) return last;
      isTaken ||= rows.length > 0 || !isUntaken(tenant, operation, answer?.parks);
      const seenForMs = performance.now() - startedAt;
      if (!isTaken && seenForMs > UNTAKEN_MS) viewer.untaken(tenant, seenForMs);
      look = await news.next();
    } catch (error) {
      if (!isPassing(error)) throw error;
      silentSince = error.exitCode === EXIT.unreachable ? (silentSince ?? performance.now()) : undefined;
      if (silentSince !== undefined && performance.now() - silentSince > PATIENCE_MS) throw error;
      viewer.outage(error);
      look = 'all';
      await pause(pauseAfter(error, OUTAGE_POLL_MS), signal);
    }
  }
}

const findOperation = (tenant: TenantDetailBody, id: string): OperationBody | undefined =>
  [tenant.operation, tenant.interrupted, ...tenant.adoptions].find((it) => it?.id === id) ?? undefined;

/** The operation that is followed has ended unseen, and another one has come after it. */
export class SupersededFailure extends Failure {
  constructor({ name }: TenantBody) {
    super(
      EXIT.refused,
      `The operation has ended, and another one is in progress on ${name}.`,
      `See what was done: freeflow tenants logs ${name}`,
    );
  }
}

const pause = (ms: number, signal: AbortSignal | undefined) =>
  delay(ms, undefined, signal === undefined ? {} : { signal });

/** How a command ends that has followed an operation. */
export function exitCodeOf({ state }: OperationBody): number {
  if (state === 'done') return EXIT.done;
  return state === 'parked' ? EXIT.parked : EXIT.refused;
}
