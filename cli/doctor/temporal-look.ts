import { Client, Connection, isGrpcServiceError, ServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Finding } from '../../backends/doctor/check';
import type { Values } from '../../backends/doctor/setting-names';
import { reasonOf, SetUpError } from '../../backends/provisioner/errors';

const CONNECT_TIMEOUT_MS = 3_000;
/** Below the limit of a check. */
const DEADLINE_MS = 9_000;

/** Runs on a connection of its own: as Temporal's standard variables say (TLS, API key), to the address and namespace that are known. */
export async function onTemporal(
  { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }: Values,
  env: NodeJS.ProcessEnv,
  work: (client: Client) => Promise<Finding>,
): Promise<Finding> {
  const variables = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const { connectionOptions } = loadClientConnectConfig({ overrideEnvVars: variables });
  const connection = await Connection.connect({
    ...connectionOptions,
    address,
    connectTimeout: CONNECT_TIMEOUT_MS,
  }).catch((error: unknown) => {
    // An answer, even a refusal, has a code; the SDK's own deadline has none.
    throw isGrpcServiceError(error)
      ? error
      : new SetUpError('unreachable', `Temporal: ${reasonOf(error)}`, { cause: error });
  });
  try {
    return await connection.withDeadline(Date.now() + DEADLINE_MS, () => work(new Client({ connection, namespace })));
  } catch (error) {
    // The client's own words ("Failed to describe schedule") don't say why; the server's do.
    throw error instanceof ServiceError && error.cause !== undefined ? error.cause : error;
  } finally {
    await connection.close();
  }
}
