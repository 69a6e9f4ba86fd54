import type { BackendKind } from '@freeflow/contract';
import type { ActivityHarness } from './activity-harness';
import { startProxy, type TcpProxy } from './tcp-proxy';

const URL_OF: Readonly<Record<BackendKind, { variable: string; of: (harness: ActivityHarness) => string }>> = {
  postgres: { variable: 'POSTGRES_ADMIN_URL', of: ({ info }) => info.postgres.provisionerUrl },
  mongodb: { variable: 'MONGODB_ADMIN_URL', of: ({ info }) => info.mongodb.provisionerUrl },
  qdrant: { variable: 'QDRANT_URL', of: ({ info }) => info.qdrant.url },
  keycloak: { variable: 'KEYCLOAK_URL', of: ({ info }) => info.keycloak.url },
};

/** Another worker of the harness that reaches one backend through a proxy of its own. */
export async function workerBehind(
  harness: ActivityHarness,
  kind: BackendKind,
  env: Record<string, string> = {},
): Promise<{ worker: ActivityHarness; proxy: TcpProxy; close: () => Promise<void> }> {
  const { variable, of } = URL_OF[kind];
  const through = new URL(of(harness));
  const proxy = await startProxy(through.hostname, Number(through.port));
  through.port = String(proxy.port);
  const worker = harness.another({ ...env, [variable]: through.href.replace(/\/$/, '') });
  return {
    worker,
    proxy,
    close: async () => {
      await worker.close();
      await proxy.close();
    },
  };
}
