import type { BackendKind } from '@freeflow/contract';
import type { Prisma } from '@freeflow/db-master';

/** The secrets of one tenant at one backend, by name (`password`, `token`, `client-secret`, ...). */
export type Secrets = Readonly<Record<string, string>>;

/** What a backend is told about the one thing it is to make, probe or drop. */
export interface Target {
  tenantId: string;
  tenantName: string;
  /** What the thing is called at the server: `freeflow_acme`, `freeflow-acme`, ... */
  name: string;
  /** Made together with the thing and read back before anything is concluded: the proof that it is ours. */
  nonce: string;
  /** What the server called it when it was made; absent until then. */
  externalId?: string;
  /** Aborted when the tenant lock is lost: somebody else may be at work from then on. */
  signal: AbortSignal;
  /**
   * To be awaited before each further call of a sequence with an effect: the ledger then knows when the last one went out, which
   * is what settle time counts from. Cheap: it writes at most once a second. Does nothing where only is looked.
   * @throws BackendFault `lock-lost`
   */
  announceCall: () => Promise<void>;
}

/** The `announceCall` of a target that is only looked at, or of which the ledger keeps nothing. */
export const skipAnnouncement = async (): Promise<void> => undefined;

/** What `disable` takes away, as it was before, so that `enable` can put back exactly that. JSON without secrets. */
export type AccessState = Prisma.InputJsonObject;

/** What a probe after `enable` needs to know: not everything need work that works for a new tenant. */
export interface Resumed {
  /** As `enable` was given it. */
  before: AccessState | undefined;
}

/** What people should know of how a call went, such as a password that the tenant had changed; goes into the log. */
export type Notes = readonly string[];

/** What a backend answers when asked whose the thing of that name is. */
export type Inspection =
  | { state: 'absent' }
  /** `only`: the mark is on a part of it alone, and this is what stands, or doesn't, where the thing itself should. */
  | { state: 'ours'; externalId?: string; only?: string }
  /** `isUnmarked`: nobody's mark is on it; after a drop of ours it may be what was written while we dropped. */
  | { state: 'foreign'; owner: string; isUnmarked?: true };

/** How a tenant application reaches its resource. Never holds a secret. */
export interface Connection {
  host?: string;
  port?: number;
  username?: string;
  options?: Record<string, string>;
}

export interface Created {
  externalId?: string;
  connection: Connection;
}

/** One look for something that should be gone, and what the server answered. */
export interface AbsenceProof {
  what: string;
  by: 'name' | 'nonce' | 'id';
  answer: string;
}

/** Something at a server that carries a mark of FreeFlow, of whichever installation. */
export interface OwnedResource {
  name: string;
  nonce: string;
  externalId?: string;
}

/** One way in which what stands there isn't as the ledger says. */
export interface Drift {
  /** For people; never holds a secret. */
  what: string;
  /** A part of it isn't there at all. */
  isMissing?: true;
  /** What makes it right without a risk: cutting or giving back the access, making the grants anew, or recording how tenants connect by the present settings. Nothing, where a person has to decide. */
  repair?: 'access' | 'grants' | 'connection';
}

/**
 * One kind of server that tenants get a piece of. A backend knows its server and nothing else:
 * the ledger, the secret store, locks and logs are the steps' business.
 *
 * Every call may be repeated at any time, also after a call without an answer, and throws a
 * {@link import('./failures').BackendFault} or the driver's own error.
 */
export interface Backend {
  kind: BackendKind;
  /** Longest time that we wait for the answer of one call, in ms. The server may go on for longer: see {@link settleMs}. */
  callTimeoutMs: number;
  /** Which server this is, however it is addressed: `system_identifier` and the like. */
  serverId(): Promise<string>;
  /** New secrets for a tenant; the store keeps the first ones it is given. The first one listed is the connection's. */
  newSecrets(target: Omit<Target, 'signal'>): Promise<Secrets>;
  /** Makes the thing with its nonce, or verifies that the one that stands there is ours and finishes it. */
  create(target: Target, secrets: Secrets): Promise<Created>;
  /** How the tenant's application reaches it, by the settings as they are now. */
  connectionOf(target: Pick<Target, 'name'>): Connection;
  /**
   * Reads and writes as the tenant, and sees foreign targets refused by authorization.
   * @param resumed given after `enable`: what the tenant has broken of its own, or an admin had shut before, is no failure
   */
  probe(target: Target, secrets: Secrets, resumed?: Resumed): Promise<void>;
  /** What `disable` is about to take away; kept in the ledger before its first call. Asks only. Left out where nothing is lost. */
  accessState?(target: Target, secrets: Secrets): Promise<AccessState>;
  /** Whether a `disable` has taken some of it away already, so that it can't be asked for any more. */
  isCutBegun?(target: Target): Promise<boolean>;
  /** Cuts the tenant's access, open sessions included; all data stays. */
  disable(target: Target): Promise<Notes>;
  /**
   * Gives back exactly what `disable` has cut, whatever the tenant has changed since: the stored credentials work again.
   * @param before what `accessState` said before the first `disable`; nothing where it wasn't asked then
   */
  enable(target: Target, secrets: Secrets, before: AccessState | undefined): Promise<Notes>;
  /** Tries to get in as the tenant, and sees that refused by authorization. Called after `disable`. */
  assertLockedOut(target: Target, secrets: Secrets): Promise<void>;
  /** Removes what is ours: access first, data second. Called only after `inspect` said `ours`. */
  drop(target: Target): Promise<Notes>;
  inspect(target: Target): Promise<Inspection>;
  /** How the thing, which `inspect` has said is ours, differs from what it should be in this state. Asks only. */
  findDrift(target: Target, state: 'present' | 'disabled', secrets: Secrets): Promise<Drift[]>;
  /**
   * Everything that carries a mark of FreeFlow. Asks only.
   * @param names what to ask for where listing all is too dear; others take no notice of it
   */
  listOwned(names: readonly string[], signal: AbortSignal): Promise<OwnedResource[]>;
  /**
   * Looks for every trace of what was dropped, under its name and by its nonce.
   * @throws BackendFault `still-there` when there is one
   */
  proveAbsent(target: Target): Promise<AbsenceProof[]>;
  close(): Promise<void>;
}

/**
 * For how long after its start a call without an answer may still take effect, in ms. A server goes on with what we no longer
 * wait for (Keycloak has taken 64 s for a realm of which we had given up after 60), so by default it is twice the deadline.
 */
export const settleMs = ({ callTimeoutMs }: Pick<Backend, 'callTimeoutMs'>, marginMs = callTimeoutMs): number =>
  callTimeoutMs + marginMs;
