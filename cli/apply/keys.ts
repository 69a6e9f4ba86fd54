import { createHash } from 'node:crypto';
import type { TenantBody } from '@freeflow/contract/http';
import type { TenantEntry } from '@freeflow/contract/http';

/**
 * The Idempotency-Key of a create: the same for each run that finds the same to be done. A run that was cut off, and
 * the one that repeats it, make one tenant. Once the tenant of that name is gone, its next one has another key.
 * @param gone the last tenant of that name
 */
export const keyOfCreate = (body: Omit<TenantEntry, 'suspended'>, gone: string | undefined): string =>
  `apply-create-${digestOf([body, gone ?? null])}`;

/**
 * The same of a change of its access, or its soft delete: by the last operation that was seen. The next one that is
 * needed comes after another.
 */
export const keyOfChange = (action: string, { id, operation }: Pick<TenantBody, 'id' | 'operation'>): string =>
  `apply-${action}-${digestOf([id, operation?.id ?? null])}`;

const digestOf = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 32);
