import type { BackendKind } from '@freeflow/contract';
import { startProxy, type TcpProxy } from './tcp-proxy';
import type { Workbench } from './workbench';

const URL_OF: Readonly<Record<BackendKind, { variable: string; of: (bench: Workbench) => string }>> = {
  postgres: { variable: 'POSTGRES_ADMIN_URL', of: ({ info }) => info.postgres.provisionerUrl },
  mongodb: { variable: 'MONGODB_ADMIN_URL', of: ({ info }) => info.mongodb.provisionerUrl },
  qdrant: { variable: 'QDRANT_URL', of: ({ info }) => info.qdrant.url },
  keycloak: { variable: 'KEYCLOAK_URL', of: ({ info }) => info.keycloak.url },
};

/** Another worker of the bench that reaches one backend through a proxy of its own. */
export async function workerBehind(
  bench: Workbench,
  kind: BackendKind,
): Promise<{ worker: Workbench; proxy: TcpProxy; close: () => Promise<void> }> {
  const { variable, of } = URL_OF[kind];
  const through = new URL(of(bench));
  const proxy = await startProxy(through.hostname, Number(through.port));
  through.port = String(proxy.port);
  const worker = bench.another({ [variable]: through.href.replace(/\/$/, '') });
  return {
    worker,
    proxy,
    close: async () => {
      await worker.close();
      await proxy.close();
    },
  };
}
