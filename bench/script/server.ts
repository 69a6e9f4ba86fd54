import { randomBytes } from 'node:crypto';
import type { BackendKind } from '@freeflow/contract';

/** One server by bare calls, as a script would make them that only wants to be quick. */
export interface ScriptServer {
  /** Makes the tenant's resource and uses it by the tenant's own credentials. */
  create(name: string): Promise<void>;
  drop(name: string): Promise<void>;
  /** Keeps what access there is, cuts it, ends sessions and tokens, and tries it once: it must be refused. */
  suspend(name: string): Promise<void>;
  /** Gives back what was kept and tries it once. */
  resume(name: string): Promise<void>;
  /** Removes what an interrupted run has left under these names; what isn't there is no error. */
  remove(names: ResourceNames): Promise<void>;
  close(): Promise<void>;
}

/** What a tenant's resources are called; the script calls all of them as the tenant. */
export type ResourceNames = Readonly<Record<BackendKind, string>>;

export const newPassword = (): string => randomBytes(18).toString('base64url');
