import { TEMPORAL_SETTINGS } from './temporal-settings';

/** Where a Temporal keeps what it knows. */
export interface TemporalStore {
  host: string;
  port: number;
  user: string;
  password: string;
}

interface TemporalParts {
  store: TemporalStore;
  ports: { frontend: number; others: readonly number[] };
  dynamicConfigFile: string;
}

/** Fixed by the first start. Four are plenty for one machine. */
const HISTORY_SHARDS = 4;

/**
 * The settings of a Temporal server whose four services are one process on loopback:
 * https://docs.temporal.io/references/configuration
 */
export function temporalConfig({ store, ports: { frontend, others }, dynamicConfigFile }: TemporalParts): object {
  const [membership, ...more] = others;
  const address = `127.0.0.1:${frontend}`;
  const service = (grpcPort: number | undefined, membershipPort: number | undefined) => ({
    rpc: { grpcPort, membershipPort, bindOnLocalHost: true },
  });
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: HISTORY_SHARDS,
      datastores: {
        default: datastore(store, 'temporal', 20),
        visibility: datastore(store, 'temporal_visibility', 10),
      },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: service(frontend, membership),
      matching: service(more[0], more[1]),
      history: service(more[2], more[3]),
      worker: service(more[4], more[5]),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: address },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    archival: { history: { state: 'disabled' }, visibility: { state: 'disabled' } },
    publicClient: { hostPort: address },
    dynamicConfigClient: { filepath: dynamicConfigFile, pollInterval: '60s' },
  };
}

const datastore = ({ host, port, user, password }: TemporalStore, databaseName: string, maxConns: number) => ({
  sql: {
    pluginName: 'postgres12',
    databaseName,
    connectAddr: `${host}:${port}`,
    connectProtocol: 'tcp',
    user,
    password,
    maxConns,
    maxIdleConns: maxConns,
    maxConnLifetime: '1h',
  },
});

/** The dynamic configuration of such a server. */
export const TEMPORAL_DYNAMIC_CONFIG = Object.fromEntries(
  Object.entries(TEMPORAL_SETTINGS).map(([name, value]) => [name, [{ value, constraints: {} }]]),
);
