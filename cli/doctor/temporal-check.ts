import { TemporalError, withTemporal } from '@freeflow/lib/temporal';
import type { Client } from '@temporalio/client';
import type { Finding } from '../../backends/doctor/check';
import { reasonOf, SetUpError } from '../../backends/provisioner/errors';
import type { ProductValues } from './settings';

const CONNECT_TIMEOUT_MS = 3_000;
/** Below the limit of a check. */
const DEADLINE_MS = 9_000;

/**
 * Checks on a connection of its own: by Temporal's standard variables (TLS, API key), to the address and namespace that
 * are known.
 */
export async function checkTemporal(
  { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }: ProductValues,
  env: NodeJS.ProcessEnv,
  work: (client: Client) => Promise<Finding>,
): Promise<Finding> {
  const visit = { address, namespace, connectTimeoutMs: CONNECT_TIMEOUT_MS, deadlineMs: DEADLINE_MS };
  return withTemporal(env, visit, work).catch((error: unknown) => {
    throw error instanceof TemporalError
      ? new SetUpError('unreachable', `Temporal: ${reasonOf(error.cause)}`, { cause: error })
      : error;
  });
}
