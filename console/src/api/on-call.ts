import type { AnswerAction } from '@freeflow/contract';
import { bulkAnswerSchema, stuckList, tenantSchema, type TenantBody } from '@freeflow/contract/http';
import { queryOptions } from '@tanstack/react-query';
import type { Api } from './client';
import { KEYS } from './keys';

/** As many as the API lists. */
const MOST = 1_000;
/** What stands still tells nothing: that a run is gone is in no event. In ms. */
const LOOK_EVERY_MS = 15_000;

/** Everything that does not go on by itself. */
export const stuckQuery = (api: Api) =>
  queryOptions({
    queryKey: KEYS.stuck,
    queryFn: ({ signal }) => api.call(stuckList, { path: '/tenants/stuck', query: { limit: MOST }, signal }),
    refetchInterval: LOOK_EVERY_MS,
  });

/** A tenant that was answered: kept true by the stream of events alone, since there can be hundreds. */
export const answeredQuery = (api: Api, id: string) =>
  queryOptions<TenantBody>({
    queryKey: KEYS.answered(id),
    // Hundreds of them, read anew together, must not use up what on-call may ask.
    queryFn: ({ signal }) => api.call(tenantSchema, { path: `/tenants/${id}`, signal, isPatient: true }),
    staleTime: Infinity,
    gcTime: Infinity,
  });

/** An answer to one operation of a tenant, and there to one step or to all. */
export interface AnswerCall {
  tenantId: string;
  action: AnswerAction;
  /** Where another one is in progress by then, the answer is refused. */
  operationId: string;
  step?: string;
  reason?: string;
}

/** @param key sent again under the same one, it is given once; throws as `Api.call` */
export const sendAnswer = (api: Api, { tenantId, action, ...body }: AnswerCall, key: string): Promise<TenantBody> =>
  api.call(tenantSchema, { method: 'POST', path: `/tenants/${tenantId}/${action}`, body, key });

/** Retries everything that is stuck; throws as `Api.call`. */
export const retryEverything = (api: Api, key: string) =>
  api.call(bulkAnswerSchema, { method: 'POST', path: '/tenants/retry', body: {}, key });
