import type { StackInfo } from '@freeflow/contract/stack-info';
import type { z } from 'zod';
import type { Backend } from './backend';
import type { BlueprintForm } from './blueprint';
import type { ConnectForm } from './connect';
import type { Demo } from './demo';
import type { Group } from './doctor/check';
import type { SupportedVersions } from './doctor/versions';
import type { FailureCodes } from './failure-codes';
import type { NoProvisioner, Provisioner } from './provisioner/module';

/** What a backend has to know of the installation besides its own variables. */
export interface Installation {
  /** The name of the master database, which tenants must not enter even where it is on their server. */
  readonly masterDatabase: string;
}

/**
 * All that FreeFlow knows of one kind of server. Each folder here exports one, as `MODULE`; the registry lists them.
 */
export interface BackendModule<Variables extends z.ZodRawShape = z.ZodRawShape> {
  /** What the worker reads of its environment for this backend. */
  readonly variables: Variables;
  /** The codes of its server and driver, each with the type of failure that it means. */
  readonly failureCodes: readonly FailureCodes[];
  /** The backend as the worker uses it. Connects when it is first called. */
  createBackend(config: z.output<z.ZodObject<Variables>>, installation: Installation): Backend;
  /** What a blueprint may say of it. */
  readonly blueprint: BlueprintForm;
  /** How a tenant's application connects: what `freeflow tenants connect` prints. */
  readonly connect: ConnectForm;
  /** Which of a tenant's secrets a rotation replaces: that by which its application logs in. */
  readonly rotatedSecret: string;
  /** A tenant's application in `freeflow demo`. */
  readonly demo: Demo;
  /** What `freeflow doctor` checks of the server, by which variables, and which versions it expects. */
  readonly doctor: { readonly settings: z.ZodRawShape; readonly checks: Group; readonly versions: SupportedVersions };
  /** How `freeflow setup backends` makes the worker's login. */
  readonly provisioner: Provisioner | NoProvisioner;
  /** The variables of worker and owner on the local stack; empty where it runs no such server. */
  readonly stackVariables: (stack: StackInfo) => Readonly<Record<string, string>>;
  /**
   * Refuses to start a worker with what would make it fail later, such as a pooler of transactions.
   * @throws where the configuration can't work
   */
  assertUsable?(config: z.output<z.ZodObject<Variables>>): Promise<void>;
  /** Where it has a pool of blank resources: the variable of its size. */
  readonly poolVariable?: keyof Variables & string;
  /** Steps that one worker runs at a time there, where it is not what other backends can take. */
  concurrency?(config: z.output<z.ZodObject<Variables>>): number;
}

/** A module, its configuration typed by its own variables. */
export const defineBackend = <Variables extends z.ZodRawShape>(
  module: BackendModule<Variables>,
): BackendModule<Variables> => module;
