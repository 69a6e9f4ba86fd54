import { Client, Connection, isGrpcServiceError, ServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Environment } from '../config/read-config';
import { TemporalError } from './errors';

/** Where Temporal is, and how one is let in there. */
export interface TemporalConfig {
  readonly connectionOptions: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
  readonly namespace: string;
}

/** Reads Temporal's own standard variables: address, namespace, API key, TLS, or a file with all of them. */
export function readTemporalConfig(env: Environment): TemporalConfig {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ overrideEnvVars });
  return { connectionOptions, namespace };
}

/**
 * A client that connects with its first call, not before: its owner starts while Temporal is away. Its connection is to
 * be closed.
 */
export function createLazyClient(env: Environment): { client: Client; connection: Connection } {
  const { connectionOptions, namespace } = readTemporalConfig(env);
  const connection = Connection.lazy(connectionOptions);
  return { client: new Client({ connection, namespace }), connection };
}

/** Deadline exceeded, and unavailable: https://grpc.io/docs/guides/status-codes/ */
const NO_ANSWERS: ReadonlySet<number> = new Set([4, 14]);

interface Visit {
  /** Replaces the address of the environment. */
  readonly address: string;
  readonly namespace: string;
  readonly connectTimeoutMs: number;
  /** All calls together must be answered in this time, in ms. */
  readonly deadlineMs: number;
}

/**
 * Runs calls on a connection of their own, which is closed afterwards: by the environment (TLS, API key), but to the
 * given address and namespace.
 * @throws TemporalError `unreachable`, else what the server answers (a gRPC error)
 */
export async function withTemporal<T>(
  env: Environment,
  { address, namespace, connectTimeoutMs, deadlineMs }: Visit,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const { connectionOptions } = readTemporalConfig(env);
  const connection = await Connection.connect({
    ...connectionOptions,
    address,
    connectTimeout: connectTimeoutMs,
  }).catch((error: unknown) => {
    // An answer, even a refusal, has a code; the SDK's own deadline has none. It may be wrapped in an error without.
    const answer: unknown = error instanceof ServiceError ? error.cause : error;
    throw isGrpcServiceError(answer) && !NO_ANSWERS.has(Number(answer.code))
      ? answer
      : new TemporalError('unreachable', `No Temporal server answers at ${address}.`, { cause: error });
  });
  try {
    return await connection.withDeadline(Date.now() + deadlineMs, () => use(new Client({ connection, namespace })));
  } catch (error) {
    // The client's own message ("Failed to describe schedule") has no cause; the server's has.
    throw error instanceof ServiceError && error.cause !== undefined ? error.cause : error;
  } finally {
    await connection.close();
  }
}
