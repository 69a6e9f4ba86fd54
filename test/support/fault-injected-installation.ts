import type { VaultSettings } from '@freeflow/lib/vault';
import { readStackInfo } from '../../stack/stack-info';
import { openTestInstallation, type TestInstallation } from './installation';
import { TEST_STACK } from './master';
import { startProxy, type TcpProxy } from './tcp-proxy';

export const FAULTY_SERVERS = ['postgres', 'mongodb', 'qdrant', 'keycloak', 'temporal', 'master'] as const;
export type FaultyServer = (typeof FAULTY_SERVERS)[number];

/**
 * A installation that reaches each of its servers through a proxy of its own, to be shut, opened and stalled by the
 * test.
 */
export interface FaultInjectedInstallation extends TestInstallation {
  proxies: Record<FaultyServer, TcpProxy>;
}

export async function openFaultInjectedInstallation(
  worker: Record<string, string> | false = {},
  api: Record<string, string> = {},
  vault?: VaultSettings,
): Promise<FaultInjectedInstallation> {
  const info = readStackInfo(TEST_STACK);
  const urls = {
    postgres: info.postgres.provisionerUrl,
    mongodb: info.mongodb.provisionerUrl,
    qdrant: info.qdrant.url,
    keycloak: info.keycloak.url,
    temporal: `grpc://${info.temporal.address}`,
    master: info.masterDatabaseUrl,
  };
  const started = await Promise.all(
    FAULTY_SERVERS.map(async (name) => {
      const { hostname, port } = new URL(urls[name]);
      return [name, await startProxy(hostname, Number(port))] as const;
    }),
  );
  const proxies = Object.fromEntries(started) as Record<FaultyServer, TcpProxy>;
  const through = (name: FaultyServer, url: string) => {
    const changed = new URL(url);
    changed.port = String(proxies[name].port);
    return changed.href.replace(/\/$/, '');
  };
  const temporal = { TEMPORAL_ADDRESS: `127.0.0.1:${proxies.temporal.port}` };
  const env = {
    ...temporal,
    POSTGRES_ADMIN_URL: through('postgres', urls.postgres),
    MONGODB_ADMIN_URL: through('mongodb', urls.mongodb),
    QDRANT_URL: through('qdrant', urls.qdrant),
    KEYCLOAK_URL: through('keycloak', urls.keycloak),
  };
  const installation = await openTestInstallation({
    api: { ...temporal, ...api },
    vault,
    worker: worker === false ? false : { ...env, ...worker },
    // Each installation has a master database of its own, so its name is known only once it is made.
    masterUrl: (url) => through('master', url),
  });
  return {
    ...installation,
    proxies,
    startWorker: (more = {}, script) => installation.startWorker({ ...env, ...more }, script),
    close: async () => {
      for (const proxy of Object.values(proxies)) {
        proxy.open();
        proxy.trouble();
      }
      await installation.close();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
    },
  };
}
