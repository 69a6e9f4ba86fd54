import type { BackendKind, OperationState, TenantStatus } from '@freeflow/contract';
import {
  bulkAnswerSchema,
  logPage,
  revealedSchema,
  stuckList,
  tenantDetailSchema,
  tenantPage,
  tenantSchema,
  type LogRowBody,
  type StuckListBody,
  type TenantBody,
  type HoldBody,
  type RevealBody,
  type RotateBody,
  type TenantDetailBody,
  type UpdateTenantBody,
} from '@freeflow/contract/http';
import { EXIT, Failure } from '../failure';
import { isTenantId } from '../tenant-id';
import type { Call, CallOptions } from './http';

/** One that does not go on by itself, with the reason. */
export type StuckTenant = StuckListBody['items'][number];

export interface ListFilter {
  status?: TenantStatus;
  name?: string;
  operation?: OperationState;
  step?: string;
  gone?: 'true';
  externalId?: string;
  plan?: string;
  /** `key:value`, all of them. */
  label?: string[];
}

const query = (fields: Record<string, string | string[]>) =>
  new URLSearchParams(
    Object.entries(fields).flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value])),
  ).toString();
/** The API waits up to 20 s, for Temporal and for a worker. */
const REVEAL_TIMEOUT_MS = 30_000;
const MOST_A_PAGE = 200;
const MOST_ROWS_A_PAGE = 500;

/** The API's tenants, typed. */
export function tenantsOf(call: Call) {
  const list = (filter: ListFilter, limit = MOST_A_PAGE, cursor?: string) =>
    call(
      tenantPage,
      'GET',
      `/tenants?${query({ ...filter, limit: String(limit), ...(cursor === undefined ? {} : { cursor }) })}`,
    );
  const get = (id: string) => call(tenantDetailSchema, 'GET', `/tenants/${id}`);

  return {
    get,
    /** A tenant, and the ETag that stands for what `update` and `hold` change. */
    async getWithEtag(id: string): Promise<{ tenant: TenantDetailBody; etag: string | undefined }> {
      let etag: string | undefined;
      const tenant = await call(tenantDetailSchema, 'GET', `/tenants/${id}`, undefined, {
        onEtag: (it) => {
          etag = it;
        },
      });
      return { tenant, etag };
    },
    create: (name: string, identity: UpdateTenantBody = {}, options: CallOptions = {}) =>
      call(tenantSchema, 'POST', '/tenants', { name, ...identity }, options),
    update: (id: string, patch: UpdateTenantBody, options: CallOptions = {}) =>
      call(tenantSchema, 'PATCH', `/tenants/${id}`, patch, options),
    hold: (id: string, hold: HoldBody) => call(tenantSchema, 'PUT', `/tenants/${id}/hold`, hold),
    release: (id: string) => call(tenantSchema, 'DELETE', `/tenants/${id}/hold`),
    change: (id: string, action: string, body?: object, options: CallOptions = {}) =>
      call(tenantSchema, 'POST', `/tenants/${id}/${action}`, body, options),
    remove: (id: string, { hard, force }: { hard: boolean; force: boolean }, options: CallOptions = {}) =>
      call(
        tenantSchema,
        'DELETE',
        `/tenants/${id}?${query({ mode: hard ? 'hard' : 'soft', force: String(force) })}`,
        undefined,
        options,
      ),
    adopt: (id: string, backend: BackendKind, acceptServer: boolean) =>
      call(tenantSchema, 'POST', `/tenants/${id}/adopt`, { backend, acceptServer }),
    rotate: (id: string, rotation: RotateBody) => call(tenantSchema, 'POST', `/tenants/${id}/rotate`, rotation),
    reveal: (id: string, body: RevealBody) =>
      call(revealedSchema, 'POST', `/tenants/${id}/credentials`, body, { isOnce: true, timeoutMs: REVEAL_TIMEOUT_MS }),
    stuck: () => call(stuckList, 'GET', '/tenants/stuck'),
    retryAll: (step: string | undefined) =>
      call(bulkAnswerSchema, 'POST', '/tenants/retry', step === undefined ? {} : { step }),

    /** All that match, newest first, up to `most`. */
    async list(filter: ListFilter, most: number): Promise<{ items: TenantBody[]; isComplete: boolean }> {
      const items: TenantBody[] = [];
      for (let cursor: string | undefined; ;) {
        const { items: more, nextCursor } = await list(filter, Math.min(MOST_A_PAGE, most - items.length), cursor);
        items.push(...more);
        if (nextCursor === null || items.length >= most) return { items, isComplete: nextCursor === null };
        cursor = nextCursor;
      }
    },

    /**
     * A tenant by name or id. One that is gone is found by its name only with `gone`, and only where no living one has
     * the name.
     * @throws Failure when there is none
     */
    async find(nameOrId: string, { gone = false } = {}): Promise<TenantDetailBody> {
      if (isTenantId(nameOrId)) return get(nameOrId);
      const [living] = (await list({ name: nameOrId }, 1)).items;
      if (living !== undefined) return get(living.id);
      const [last] = (await list({ name: nameOrId, gone: 'true' }, 1)).items;
      if (last !== undefined && gone) return get(last.id);
      const since = last?.goneAt ?? undefined;
      throw new Failure(
        EXIT.refused,
        since === undefined ? `There is no tenant ${nameOrId}.` : `Tenant ${nameOrId} is gone since ${since}.`,
        since === undefined
          ? 'See all tenants: freeflow tenants list'
          : `Its log is kept: freeflow tenants logs ${nameOrId}`,
      );
    },

    /** Follows the log from the beginning on: each call of the result gives the rows that came since the last one. */
    logs(id: string): () => Promise<LogRowBody[]> {
      let cursor: string | null = null;
      let last = 0;
      return async () => {
        const fresh: LogRowBody[] = [];
        for (;;) {
          const at: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
          const { items, nextCursor } = await call(
            logPage,
            'GET',
            `/tenants/${id}/logs?limit=${MOST_ROWS_A_PAGE}${at}`,
          );
          fresh.push(...items.filter(({ seq }) => seq > last));
          last = Math.max(last, items.at(-1)?.seq ?? 0);
          if (nextCursor === null) return fresh;
          cursor = nextCursor;
        }
      };
    },
  };
}

export type Tenants = ReturnType<typeof tenantsOf>;
