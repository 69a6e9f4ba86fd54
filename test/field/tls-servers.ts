import type { StackInfo } from '@freeflow/contract/stack-info';
import { makeCertificates, type Certificates } from './certificates';
import { openTlsMongo } from './tls-mongodb';
import { openTlsPostgres } from './tls-postgres';
import { openTlsProxy } from './tls-proxy';

/** All four backends behind TLS, by certificates of a private authority; PostgreSQL and MongoDB take nothing else. */
export interface TlsServers {
  /** The stack, with these in place of its own. */
  info: StackInfo;
  certificates: Certificates;
  close(): Promise<void>;
}

export async function openTlsServers(shared: StackInfo): Promise<TlsServers> {
  const certificates = await makeCertificates();
  const [postgres, mongodb, qdrant, keycloak] = await Promise.all([
    openTlsPostgres(certificates),
    openTlsMongo(certificates),
    openTlsProxy(shared.qdrant.url, certificates),
    openTlsProxy(shared.keycloak.url, certificates),
  ]);
  return {
    info: {
      ...shared,
      postgres,
      mongodb,
      qdrant: { ...shared.qdrant, url: qdrant.url },
      keycloak: { ...shared.keycloak, url: keycloak.url },
    },
    certificates,
    close: async () => {
      await Promise.all([postgres.close(), mongodb.close(), qdrant.close(), keycloak.close()]);
      certificates.close();
    },
  };
}
