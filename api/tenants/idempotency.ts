import { createHash } from 'node:crypto';
import type { CreateTenantBody } from '@freeflow/contract/http';
import { Prisma } from '@freeflow/db-master';
import type { RequestAudit } from '../audit/request-audit';
import { Problem } from '../errors';
import { sortLabels } from './etag';

/** Who sends a request, and the key by which the same request sent again is recognized. */
export interface Caller {
  principal: string;
  idempotencyKey: string | undefined;
  /** What the audit trail has of the request. */
  audit: RequestAudit;
}

export const callerOf = ({
  principal,
  audit,
  headers,
}: Pick<Caller, 'principal' | 'audit'> & { headers: { 'idempotency-key'?: string | undefined } }): Caller => ({
  principal,
  idempotencyKey: headers['idempotency-key'],
  audit,
});

/** Equal for the same request sent again, unequal for another one under the same key. */
export const fingerprint = (route: string, content: object): string =>
  createHash('sha256')
    .update(`${route}\n${JSON.stringify(content)}`)
    .digest('hex');

/** Equal for the same content: left out or given as it would be without, in whatever order. */
export function hashOfCreate({
  name,
  displayName,
  externalId,
  labels,
  plan,
  deletionProtected,
}: CreateTenantBody): string {
  const sorted = sortLabels(labels);
  return fingerprint('POST /tenants', {
    name,
    ...(displayName === null ? {} : { displayName }),
    ...(externalId === null ? {} : { externalId }),
    ...(sorted.length === 0 ? {} : { labels: sorted }),
    ...(plan === null ? {} : { plan }),
    ...(deletionProtected ? { deletionProtected } : {}),
  });
}

/** Whether a row was refused because another one has the same value in this column. */
export function isDuplicate(error: unknown, column: string): boolean {
  return (
    error instanceof Prisma.PrismaClientKnownRequestError &&
    error.code === 'P2002' &&
    JSON.stringify(error.meta ?? {}).includes(column)
  );
}

/** A key that stands for something else. */
export const keyReused = (): Problem =>
  new Problem('idempotency-key-reused', 'Its first request had another route or content.');
