import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import type { External } from '../environment';
import type { LaunchPlan } from '../managed-process';
import type { PortName } from '../ports';
import type { Fetched } from '../progress';
import type { Settings } from '../settings';

type ServerName = 'postgres' | 'mongodb' | 'qdrant' | 'keycloak' | 'temporal' | 'vault';

/** What a server's functions may know and do. */
export interface ServerContext {
  dir: string;
  cache: string;
  settings: Settings;
  external: External;
  /** The environment that programs inherit: no credentials in it, and UTC as its zone. */
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Shows the user something about this server that is not a state of it. */
  note: (text: string) => void;
}

export interface FetchingContext extends ServerContext {
  onProgress: (fetched: Fetched) => void;
  /** Called when the download is there and is being built. */
  onBuild: () => void;
}

/** A program ready to run. */
export interface Program {
  path: string;
  version: string;
}

/** What a server contributes to `stack.json`. */
export type StackPart = Partial<StackInfo>;

/** One server of the stack: a row of the table in `servers/index.ts`. */
export interface Server {
  name: ServerName;
  title: string;
  /** Those it listens on; the first one is shown. */
  ports: readonly [PortName, ...PortName[]];
  /** The signal that stops it; PostgreSQL would wait for its clients on SIGTERM. */
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** The variables that replace it by a server that runs already. */
  variables: string;
  /** Whether the environment replaces it. */
  isExternal: (external: External) => boolean;
  /** Finds or fetches its program. */
  fetch: (context: FetchingContext) => Promise<Program>;
  /** Makes its data folder ready, before each launch, and returns how to run it. */
  launch: (context: ServerContext, program: Program) => Promise<LaunchPlan>;
  /** Throws while it does not answer, embedded or not. */
  check: (context: ServerContext) => Promise<void>;
  /** Makes what FreeFlow needs in it, again and again with the same outcome. */
  setUp: (context: ServerContext, program?: Program) => Promise<StackPart>;
}

/** A server that is not available here; the message names the ways out. */
export class ServerUnavailableError extends Error {
  constructor({ title, variables }: Pick<Server, 'title' | 'variables'>, why: string, options?: ErrorOptions) {
    super(
      `${title} is not available here: ${why}\n  Two ways out: set ${variables} to use a server that is running elsewhere,\n  or start the servers with Docker Compose: docker compose -f docker-compose.yml -f docker-compose.temporal.yml up -d --wait (docs/setup.md)`,
      options,
    );
  }
}

/** The folder a server keeps its data in, made if it isn't there. */
export function dataFolder(dir: string, name: string): string {
  const folder = join(dir, 'data', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
