import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useApi } from '../auth/session';
import { tenantChanges } from './changes';

/** What the one who is signed in can ask of a tenant. */
export function useTenantChanges() {
  const api = useApi();
  const client = useQueryClient();
  return useMemo(() => tenantChanges(api, client), [api, client]);
}
