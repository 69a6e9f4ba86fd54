import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

const DEADLINE_MS = 5_000;

/** Connects as the environment says (TLS, API key), but to the stack's address. */
async function connect(address: string): Promise<Connection> {
  const { connectionOptions } = loadClientConnectConfig();
  return Connection.connect({ ...connectionOptions, address, connectTimeout: DEADLINE_MS });
}

/** Throws while the server or the namespace is not there. */
export async function checkTemporal(address: string, namespace: string): Promise<void> {
  const connection = await connect(address);
  try {
    await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } finally {
    await connection.close();
  }
}
