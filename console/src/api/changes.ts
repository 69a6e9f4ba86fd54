import { OPERATION_REQUESTS, type TenantRequestName } from '@freeflow/contract';
import {
  tenantSchema,
  type createTenantBody,
  type HoldBody,
  type RotateBody,
  type TenantBody,
  type UpdateTenantBody,
} from '@freeflow/contract/http';
import type { QueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import type { Api, Call } from './client';
import { KEYS } from './keys';

/** A new tenant, as the API takes it. */
export type NewTenant = z.input<typeof createTenantBody>;

/**
 * Everything a person can ask of a tenant. Each is accepted, or refused with the reason; what comes of it is told by
 * events.
 */
export function tenantChanges(api: Api, client: QueryClient) {
  const send = async (call: Call): Promise<TenantBody> => {
    const { body, etag } = await api.callTagged(tenantSchema, call);
    keep(client, body, etag);
    return body;
  };
  return {
    create: (body: NewTenant, key: string) => send({ method: 'POST', path: '/tenants', body, key }),
    request(id: string, name: TenantRequestName) {
      const { method, path, query } = OPERATION_REQUESTS[name];
      return send({ method, path: path.replace(':id', id), ...(query === undefined ? {} : { query }) });
    },
    rotate: (id: string, body: RotateBody, key: string) =>
      send({ method: OPERATION_REQUESTS.rotate.method, path: `/tenants/${id}/rotate`, body, key }),
    update: (id: string, body: UpdateTenantBody, ifMatch: string | undefined) =>
      send({ method: 'PATCH', path: `/tenants/${id}`, body, ...(ifMatch === undefined ? {} : { ifMatch }) }),
    hold: (id: string, body: HoldBody, ifMatch: string | undefined) =>
      send({ method: 'PUT', path: `/tenants/${id}/hold`, body, ...(ifMatch === undefined ? {} : { ifMatch }) }),
    release: (id: string, ifMatch: string | undefined) =>
      send({ method: 'DELETE', path: `/tenants/${id}/hold`, ...(ifMatch === undefined ? {} : { ifMatch }) }),
  };
}

/** The answer is the tenant as it is now: what shows it has it at once, and reads the rest anew. */
function keep(client: QueryClient, tenant: TenantBody, etag: string | undefined): void {
  client.setQueryData<{ tenant: TenantBody; etag: string | undefined }>(KEYS.tenant(tenant.id), (shown) =>
    shown === undefined ? shown : { tenant: { ...shown.tenant, ...tenant }, etag: etag ?? shown.etag },
  );
  for (const queryKey of [KEYS.tenant(tenant.id), KEYS.logs(tenant.id), KEYS.operations(tenant.id), KEYS.tenantLists])
    void client.invalidateQueries({ queryKey });
}
