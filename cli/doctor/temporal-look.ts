import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { reasonOf, SetUpError } from '../../setup/errors';
import type { Finding } from './check';
import type { Values } from './settings';

const CONNECT_TIMEOUT_MS = 3_000;
const DEADLINE_MS = 6_000;

/** Runs on a connection of its own: as Temporal's standard variables say (TLS, API key), to the address and namespace that are known. */
export async function onTemporal({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }: Values, env: NodeJS.ProcessEnv, work: (client: Client) => Promise<Finding>): Promise<Finding> {
  const variables = Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const { connectionOptions } = loadClientConnectConfig({ overrideEnvVars: variables });
  const connection = await Connection.connect({ ...connectionOptions, address, connectTimeout: CONNECT_TIMEOUT_MS }).catch((error: unknown) => {
    // An answer, even a refusal, has a code; the SDK's own deadline has none.
    throw isGrpcServiceError(error) ? error : new SetUpError('unreachable', `Temporal: ${reasonOf(error)}`, { cause: error });
  });
  try {
    return await connection.withDeadline(Date.now() + DEADLINE_MS, () => work(new Client({ connection, namespace })));
  } finally {
    await connection.close();
  }
}
