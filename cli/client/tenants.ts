import { z } from 'zod';
import { EXIT, Failure } from '../failure';
import { isTenantId } from '../tenant-id';
import type { Call } from './http';

const operation = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.enum(['requested', 'running', 'parked', 'undoing', 'done', 'rolled_back', 'refused', 'incomplete']),
  step: z.string().nullable(),
  attempts: z.number(),
  cause: z.string().nullable(),
  advice: z.string().nullable(),
  requestedBy: z.string(),
  requestedAt: z.string(),
  endedAt: z.string().nullable(),
  run: z.object({ url: z.string().nullable() }),
});
// Loose: --json shows whatever the API says, also what this version does not know yet.
const tenant = z.looseObject({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  createdAt: z.string(),
  goneAt: z.string().nullable(),
  purgeAt: z.string().nullable(),
  operation: z.looseObject(operation.shape).nullable(),
});
const detail = tenant.extend({
  /** The last one of each resource; they go beside the tenant's operation. */
  adoptions: z.array(z.looseObject(operation.shape)),
  connections: z.array(
    z.looseObject({
      service: z.string(),
      dbName: z.string(),
      host: z.string().nullable(),
      port: z.number().nullable(),
      username: z.string().nullable(),
    }),
  ),
});
const logRow = z.looseObject({
  seq: z.number(),
  operationId: z.string().nullable(),
  step: z.string(),
  status: z.enum(['success', 'error']),
  message: z.string().nullable(),
  attempt: z.number(),
  durationMs: z.number().nullable(),
  createdAt: z.string(),
});
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export type Tenant = z.output<typeof tenant>;
export type TenantDetail = z.output<typeof detail>;
export type Operation = NonNullable<Tenant['operation']>;
export type LogRow = z.output<typeof logRow>;

const stuckList = z.object({
  items: z.array(tenant.extend({ why: z.string(), advice: z.string().nullable() })),
  isComplete: z.boolean(),
  notShown: z.number(),
  notAsked: z.number(),
});
const bulk = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), result: z.string() })),
  isComplete: z.boolean(),
});

/** One that does not go on by itself, with the reason. */
export type StuckTenant = z.output<typeof stuckList>['items'][number];

export interface ListFilter {
  status?: string;
  name?: string;
  operation?: string;
  step?: string;
  gone?: 'true';
}

const query = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const MOST_A_PAGE = 200;
const MOST_ROWS_A_PAGE = 500;

/** The API's tenants, typed. */
export function tenantsOf(call: Call) {
  const list = (filter: ListFilter, limit = MOST_A_PAGE, cursor?: string) =>
    call(
      page(tenant),
      'GET',
      `/tenants?${query({ ...filter, limit: String(limit), ...(cursor === undefined ? {} : { cursor }) })}`,
    );
  const get = (id: string) => call(detail, 'GET', `/tenants/${id}`);

  return {
    get,
    create: (name: string) => call(tenant, 'POST', '/tenants', { name }),
    change: (id: string, action: string, body?: object) => call(tenant, 'POST', `/tenants/${id}/${action}`, body),
    remove: (id: string, { hard, force }: { hard: boolean; force: boolean }) =>
      call(tenant, 'DELETE', `/tenants/${id}?${query({ mode: hard ? 'hard' : 'soft', force: String(force) })}`),
    adopt: (id: string, backend: string, acceptServer: boolean) =>
      call(tenant, 'POST', `/tenants/${id}/adopt`, { backend, acceptServer }),
    stuck: () => call(stuckList, 'GET', '/tenants/stuck'),
    retryAll: (step: string | undefined) => call(bulk, 'POST', '/tenants/retry', step === undefined ? {} : { step }),

    /** All that match, newest first, up to `most`. */
    async list(filter: ListFilter, most: number): Promise<{ items: Tenant[]; isComplete: boolean }> {
      const items: Tenant[] = [];
      for (let cursor: string | undefined; ;) {
        const { items: more, nextCursor } = await list(filter, Math.min(MOST_A_PAGE, most - items.length), cursor);
        items.push(...more);
        if (nextCursor === null || items.length >= most) return { items, isComplete: nextCursor === null };
        cursor = nextCursor;
      }
    },

    /**
     * A tenant by name or id. One that is gone is found by its name only where no living one has taken it over, and only when asked for.
     * @throws Failure when there is none
     */
    async find(nameOrId: string, { gone = false } = {}): Promise<TenantDetail> {
      if (isTenantId(nameOrId)) return get(nameOrId);
      const [living] = (await list({ name: nameOrId }, 1)).items;
      if (living !== undefined) return get(living.id);
      const [last] = (await list({ name: nameOrId, gone: 'true' }, 1)).items;
      if (last !== undefined && gone) return get(last.id);
      const since = last?.goneAt ?? undefined;
      throw new Failure(
        EXIT.refused,
        since === undefined ? `There is no tenant ${nameOrId}.` : `Tenant ${nameOrId} is gone since ${since}.`,
        since === undefined ? 'See what there is with: tenants list' : 'What was done is still in: tenants logs',
      );
    },

    /** Follows the log from the beginning on: each call of the result gives the rows that came since the last one. */
    logs(id: string): () => Promise<LogRow[]> {
      let cursor: string | null = null;
      let last = 0;
      return async () => {
        const fresh: LogRow[] = [];
        for (;;) {
          const at: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
          const { items, nextCursor } = await call(
            page(logRow),
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
