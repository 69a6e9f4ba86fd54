import { withTemporal } from '@freeflow/lib/temporal';

const DEADLINE_MS = 5_000;

/**
 * Throws while the server or the namespace is not there. Connects by the environment (TLS, API key), but to the stack's
 * address.
 */
export async function checkTemporal(address: string, namespace: string): Promise<void> {
  const visit = { address, namespace, connectTimeoutMs: DEADLINE_MS, deadlineMs: DEADLINE_MS };
  await withTemporal(process.env, visit, ({ workflowService }) => workflowService.describeNamespace({ namespace }));
}
