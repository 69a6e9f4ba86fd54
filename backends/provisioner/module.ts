import type { z } from 'zod';
import type { Outcome, Password } from './outcome';

export interface SetUpOptions {
  /** The name of the provisioner, by the custom of the master database; each backend derives its own from it. */
  readonly name: string;
  /** The name of the master database, which is closed to tenants where it is on their server. */
  readonly masterDatabase: string;
}

/** How one backend's provisioner is set up, and the worker's variables then. */
interface SetUp {
  /** The provisioner, for messages: `role freeflow_provisioner`. */
  readonly who: string;
  /** The server, for messages: no secret in it. */
  readonly at: string;
  /** @throws SetUpError */
  readonly run: () => Promise<Outcome>;
  /** The worker's variables with this password. */
  readonly workerEnv: (password: string) => Record<string, string>;
}

/**
 * The worker's login at a server, with no more rights than provisioning takes, which `freeflow setup backends` makes.
 */
export interface Provisioner<Owner extends z.ZodRawShape = z.ZodRawShape> {
  /** The owner's access: all of these are set, or none. */
  readonly ownerVariables: Owner;
  /** The variable that may hold a password for the provisioner. */
  readonly passwordVariable: string;
  /** What the owner must be allowed to do, as advice. */
  readonly ownerRights: string;
  /** What the server must be, as a remark in --help. */
  readonly requirement?: string;
  plan(owner: z.output<z.ZodObject<Owner>>, password: Password, options: SetUpOptions): SetUp;
}

/** The reason shown for a server that has no narrower login than an owner's. */
export interface NoProvisioner {
  readonly isMissingBecause: string;
}

/** A provisioner, the owner's access typed by its variables. */
export const defineProvisioner = <Owner extends z.ZodRawShape>(provisioner: Provisioner<Owner>): Provisioner<Owner> =>
  provisioner;
