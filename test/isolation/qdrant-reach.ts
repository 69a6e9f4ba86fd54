import type { StackInfo } from '@freeflow/contract/stack-info';
import { loadSettings } from '../../stack/settings';
import { ask, json } from './http';
import { grpcStatus } from './qdrant-grpc';

/** A tenant's application at Qdrant: its token, or one it made up. */
export interface QdrantReach {
  collection: string;
  token: string;
  /** The status that comes of a call. */
  run(method: string, path: string, body?: unknown, token?: string): Promise<string>;
  /** The `result` of a call that is answered. */
  result(method: string, path: string, body?: unknown): Promise<unknown>;
  /** The status of a gRPC call on a collection. */
  grpc(method: string, collection: string, token?: string): Promise<string>;
}

export function reachQdrant({ qdrant, dir }: StackInfo, tenant: string, token: string): QdrantReach {
  const call = (method: string, path: string, body?: unknown, key = token) =>
    ask(method, qdrant.url + path, { headers: { 'api-key': key }, body });
  const { qdrantGrpc } = loadSettings(dir).ports;
  return {
    collection: `freeflow_${tenant}_vectors`,
    token,
    run: async (...args) => String((await call(...args)).status),
    result: async (method, path, body) => json<{ result: unknown }>(await call(method, path, body)).result,
    grpc: async (method, collection, key = token) => `gRPC ${await grpcStatus(qdrantGrpc, method, collection, key)}`,
  };
}

/** A vector of the tenants' size. */
export const VECTOR = Array.from({ length: 1536 }, (_, at) => (at === 0 ? 1 : 0));
