import { splitAdvice, STUCK, type OperationKind, type ParkedStep, type StuckReason } from '@freeflow/contract';
import type { StuckListBody } from '@freeflow/contract/http';

export type StuckTenant = StuckListBody['items'][number];

/** One thing that does not go on by itself: a parked step, an operation as a whole, or what is overdue. */
export interface Waiting {
  /** The same for as long as the same thing of the same tenant waits, however often it is tried. */
  key: string;
  /** Another one each time it is parked anew, and for another operation. */
  park: string;
  why: StuckReason;
  tenant: StuckTenant;
  /** What an answer is given to; a purge has none before it is begun. */
  operation: { id: string; kind: OperationKind; attempts: number; runUrl: string | null } | null;
  /** Of a parked one; others are answered as a whole. */
  step: string | null;
  since: string;
  cause: string;
  advice: string;
  /** The class of its cause, where the runbook has a paragraph on it. */
  causeClass: string | undefined;
}

/** What waits for the same reason at the same step. */
export interface WaitingGroup {
  key: string;
  why: StuckReason;
  step: string | null;
  causeClass: string | undefined;
  advice: string;
  /** In the words of each, and how often, most often first: one class is told in several ways. */
  causes: { text: string; count: number }[];
  /** Oldest first. */
  items: [Waiting, ...Waiting[]];
}

/** All that waits, oldest first: of a tenant that is parked at several steps each of them. */
export const listWaiting = (tenants: readonly StuckTenant[]): Waiting[] =>
  tenants.flatMap(waitingOf).sort((a, b) => compareTexts(a.since, b.since) || compareTexts(a.key, b.key));

/** By step and cause, the group with the oldest first. */
export function groupWaiting(all: readonly Waiting[]): WaitingGroup[] {
  const groups = new Map<string, [Waiting, ...Waiting[]]>();
  for (const it of all) {
    const key = [it.why, it.step, it.causeClass ?? it.cause].join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [it]);
    else group.push(it);
  }
  return [...groups].map(([key, items]) => {
    const [{ why, step, causeClass, advice }] = items;
    return { key, why, step, causeClass, advice, items, causes: countTexts(items.map(({ cause }) => cause)) };
  });
}

function countTexts(texts: readonly string[]): WaitingGroup['causes'] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count);
}

/** Due, and not begun: the operation that is shown is the one before. */
const isOverdue = (why: StuckReason): boolean => why === 'overdue-purge' || why === 'overdue-retire';

function waitingOf(tenant: StuckTenant): Waiting[] {
  const { why, operation } = tenant;
  if (why === 'parked' && operation !== null && operation.parked.length > 0)
    return operation.parked.map((it) => parkedWaiting(tenant, operation, it));
  const requestedAt = isOverdue(why) ? undefined : operation?.requestedAt;
  const since = (why === 'overdue-purge' ? tenant.purgeAt : requestedAt) ?? tenant.updatedAt;
  const { text, anchor } = splitAdvice(tenant.advice ?? STUCK[why].advice);
  return [
    {
      key: `${tenant.id} ${why}`,
      park: `${operation?.id ?? ''} ${why}`,
      why,
      tenant,
      operation: isOverdue(why) || operation === null ? null : viewOperation(operation),
      step: null,
      since,
      cause: (why === 'parked' ? operation?.cause : null) ?? STUCK[why].cause,
      advice: text,
      causeClass: anchor,
    },
  ];
}

function parkedWaiting(
  tenant: StuckTenant,
  operation: NonNullable<StuckTenant['operation']>,
  { step, parkId, since, cause, advice }: ParkedStep,
): Waiting {
  const { text, anchor } = splitAdvice(advice);
  return {
    key: `${tenant.id} ${step}`,
    park: parkOf(operation.id, { parkId, since }),
    why: 'parked',
    tenant,
    operation: viewOperation(operation),
    step,
    since,
    cause,
    advice: text,
    causeClass: anchor,
  };
}

/** Identifies one park: a new run of the operation counts them anew, at another time. */
export const parkOf = (operationId: string, { parkId, since }: Pick<ParkedStep, 'parkId' | 'since'>): string =>
  `${operationId} ${parkId}@${since}`;

const viewOperation = ({ id, kind, attempts, run }: NonNullable<StuckTenant['operation']>) => ({
  id,
  kind,
  attempts,
  runUrl: run.url,
});

const compareTexts = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
