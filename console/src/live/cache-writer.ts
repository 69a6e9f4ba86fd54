import { eventNameOf } from '@freeflow/contract';
import type { CloudEventBody } from '@freeflow/contract/http';
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import { KEYS } from '../api/keys';
import { writeTenantEvent } from './tenant-events';

/** What many events in a row make stale is read once in this time. */
const READ_EVERY_MS = 700;

export interface CacheWriter {
  write: (event: CloudEventBody) => void;
  /** Reads all that is shown anew. */
  readAll: () => void;
  stop: () => void;
}

/**
 * Writes events into what was read: at once what they tell themselves, and what they only hint at by reading it anew,
 * which many events together do once.
 */
export function createCacheWriter(client: QueryClient): CacheWriter {
  const stale = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const readStale = () => {
    timer = undefined;
    const keys = [...stale.values()];
    stale.clear();
    for (const queryKey of keys)
      // Begun anew before its answer is there, what takes longer than this would never be read while events come.
      if (client.isFetching({ queryKey, type: 'active' }) > 0) markStale(queryKey);
      else void client.invalidateQueries({ queryKey });
  };
  const markStale = (key: QueryKey) => {
    stale.set(JSON.stringify(key), key);
    timer ??= setTimeout(readStale, READ_EVERY_MS);
  };
  return {
    write(event) {
      const name = eventNameOf(event.type);
      if (name === undefined) return;
      if (event.data.tenantId !== null) writeTenantEvent(client, name, event);
      for (const key of staleAfter(name, event.data.tenantId)) markStale(key);
    },
    readAll: () => void client.invalidateQueries(),
    stop: () => clearTimeout(timer),
  };
}

/** What an event of this name makes stale, by the keys that pages read it under. */
function staleAfter(name: string, tenantId: string | null): readonly QueryKey[] {
  if (tenantId === null) return [name.startsWith('fleet') ? KEYS.fleet : KEYS.webhooks];
  const ofTenant = [KEYS.tenant(tenantId), KEYS.logs(tenantId), KEYS.operations(tenantId)];
  if (name === 'tenant.usage-reached') return [KEYS.usage(tenantId)];
  // Steps are many, and change nothing that a list shows.
  return name.startsWith('step.') ? ofTenant : [...ofTenant, KEYS.tenantLists, KEYS.stuck];
}
