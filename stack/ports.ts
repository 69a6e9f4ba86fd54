import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Every port of a stack and the number it prefers. */
export const PREFERRED_PORTS = {
  api: 3000,
  workerHealth: 3001,
  workerSdkMetrics: 3002,
  postgres: 5432,
  mongodb: 27017,
  qdrant: 6333,
  qdrantGrpc: 6334,
  keycloak: 8080,
  keycloakManagement: 9000,
  temporal: 7233,
  temporalUi: 8233,
  prometheus: 9090,
  vault: 8200,
  vaultCluster: 8201,
} as const;

export type PortName = keyof typeof PREFERRED_PORTS;
export type Ports = Record<PortName, number>;

/**
 * From here on the system hands ports out to outgoing connections, so a server could find its own port taken by chance.
 */
const FIRST_EPHEMERAL_PORT = 32_768;

/** From here on nobody is known to prefer one. */
const FIRST_UNNAMED_PORT = 17_233;

/** Whether a server could listen there on loopback now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * Keeps each port that is free, else takes the next free one; no two are the same.
 * @param names which ports must be free; the others are returned as they are
 * @param others ports that belong to other stacks, though they may not listen there yet
 */
export async function choosePorts(
  current: Ports,
  names: readonly PortName[],
  others: ReadonlySet<number> = new Set(),
): Promise<Ports> {
  const chosen = { ...current };
  const taken = new Set<number>([
    ...others,
    ...keysOf(current)
      .filter((name) => !names.includes(name))
      .map((name) => current[name]),
  ]);
  for (const name of names) {
    chosen[name] = await nextFree(chosen[name], taken);
    taken.add(chosen[name]);
  }
  return chosen;
}

/** Free ports, for parts of a server that nobody else has to find: chosen anew at each launch. */
export async function freePorts(count: number): Promise<number[]> {
  const taken = new Set<number>();
  for (let from = FIRST_UNNAMED_PORT; taken.size < count; from++) {
    from = await nextFree(from, taken);
    taken.add(from);
  }
  return [...taken];
}

/**
 * A free port for a server that a test starts soon: any, so that suites at work side by side don't get the same one,
 * and none that the system may hand out before the server listens.
 */
export function freePort(): Promise<number> {
  return nextFree(randomInt(FIRST_UNNAMED_PORT, FIRST_EPHEMERAL_PORT - 1000), new Set());
}

async function nextFree(from: number, taken: ReadonlySet<number>): Promise<number> {
  for (let port = from; port < FIRST_EPHEMERAL_PORT; port++) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`no port from ${from} to ${FIRST_EPHEMERAL_PORT - 1} is free`);
}

/** The keys of a record with their own type, which Object.keys forgets. */
export const keysOf = <K extends string>(record: Record<K, unknown>): K[] =>
  Object.keys(record).filter((key): key is K => key in record);
