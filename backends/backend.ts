import type { BackendKind, Usage } from '@freeflow/contract';
import type { Plan } from '@freeflow/contract/plans';
import type { Prisma } from '@freeflow/db-master';
import type { BlueprintFile } from './blueprint';

/** The secrets of one tenant at one backend, by name (`password`, `token`, `client-secret`, ...). */
export type Secrets = Readonly<Record<string, string>>;

/** One tenant's resource at one backend, as every call of the interface is given it. */
export interface Target {
  tenantId: string;
  tenantName: string;
  /** The resource's name at the server: `freeflow_acme`, `freeflow-acme`, ... */
  name: string;
  /**
   * The ownership nonce: written together with the resource, read back before anything is concluded. The proof that it
   * is ours.
   */
  nonce: string;
  /** The id that the server gave the resource when it was created; absent until then. */
  externalId?: string;
  /**
   * Claimed from the pool, and not known to be present yet: the name under which it was made, and which it may still
   * have.
   */
  formerName?: string;
  /** What limits it; absent where the tenant has no plan. */
  plan?: Plan;
  /** The version of the credential at hand, by which its login is found at the server; the first when left out. */
  credential?: number;
  /** The versions besides that may be there: still valid, and being made. */
  otherCredentials?: readonly number[];
  /** Aborted when the tenant lock is lost: another attempt may be running from then on. */
  signal: AbortSignal;
  /**
   * To be awaited before each further call of a sequence with an effect: the ledger then records when the last one was
   * sent, from which settle time counts. Cheap: it writes at most once a second. Does nothing for calls that only read.
   * @throws BackendFault `lock-lost`
   */
  announceCall: () => Promise<void>;
}

/** The `announceCall` of a target that is only read, or that has no ledger row. */
export const skipAnnouncement = async (): Promise<void> => undefined;

/**
 * The access that `disable` takes away, as it was before, so that `enable` can restore exactly that. JSON without
 * secrets.
 */
export type AccessState = Prisma.InputJsonObject;

/** The limits of a resource, as they are: JSON without secrets. */
export type LimitState = Prisma.InputJsonObject;

/** What a probe after `enable` has to know: a resumed tenant may lack what a new one has. */
export interface Resumed {
  /** The state that `enable` was given. */
  before: AccessState | undefined;
}

/** One version of a tenant's credential, with the secrets by which it logs in. */
export interface Credential {
  version: number;
  secrets: Secrets;
}

/** Remarks on a call for the log, such as a password that the tenant had changed. No secrets. */
export type Notes = readonly string[];

/** Whose the resource of a name is. */
export type Inspection =
  | { state: 'absent' }
  /**
   * `partial`: only a part of it carries our nonce; the text names what exists, or is missing, in place of the rest.
   */
  | { state: 'ours'; externalId?: string; partial?: string }
  /** `isUnclaimed`: it carries no nonce at all; after a drop of ours it may be what was written meanwhile. */
  | { state: 'foreign'; owner: string; isUnclaimed?: true };

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
  notes?: Notes;
}

/** One check that something is gone, and the server's answer. */
export interface AbsenceProof {
  what: string;
  by: 'name' | 'nonce' | 'id';
  answer: string;
}

/** A resource that carries an ownership nonce, of this or another installation. */
export interface OwnedResource {
  name: string;
  nonce: string;
  externalId?: string;
}

/** A file of the tenant's blueprint, as the master database has it. */
export interface PlannedFile extends BlueprintFile {
  /** To be written by the server in the transaction that applies the file, where that can be: the proof that it was. */
  token: string;
  /** Whether it is recorded as applied, with this content. */
  isApplied: boolean;
}

/** What has become of a file. */
export type FileState = 'begun' | 'applied' | 'undone';
export type OnFile = (file: PlannedFile, state: FileState) => Promise<void>;

/** One difference between a resource and what the ledger records. */
export interface Drift {
  /** For people; never holds a secret. */
  what: string;
  /** A part of the resource is missing. */
  isMissing?: true;
  /**
   * The repair without a risk: cut or restore the access, renew the grants, set the limits of the plan, or record the
   * connection by the present settings. Absent where a person has to decide.
   */
  repair?: 'access' | 'grants' | 'limits' | 'connection';
}

/**
 * Blank resources of no tenant, made ahead where making one is slow. A create claims one, and makes it the tenant's:
 * see {@link Target.formerName}. Until then nobody can log in to it.
 */
export interface Pool {
  /** How many are kept ready; 0: none, and those that there are get dropped. */
  readonly size: number;
  /** A checksum of what all of them have in common; those of another one are replaced. */
  readonly template: string;
  /** Makes one of this name and nonce: whole, or not at all. Throws whatever shows that it hasn't, or may not have. */
  make(blank: Blank): Promise<void>;
}

/** A blank resource that is about to be made. */
export type Blank = Pick<Target, 'name' | 'nonce' | 'signal'>;

/**
 * One kind of server, where each tenant has a resource. A backend deals with its server alone: ledger, secret store,
 * locks and logs belong to the steps.
 *
 * Every call may be repeated at any time, also after a call without an answer, and throws a
 * {@link import('./failures').BackendFault} or the driver's own error.
 */
export interface Backend {
  kind: BackendKind;
  /** How long a call waits for its answer at most, in ms. The server may go on for longer: see {@link settleMs}. */
  callTimeoutMs: number;
  /** The identity of the server, independent of its address: `system_identifier` and the like. */
  serverId(): Promise<string>;
  /** What the secrets of a tenant are called. The first in order is the connection's. */
  readonly secretNames: readonly string[];
  /** New secrets for a tenant, one of each name; the store keeps the first ones it is given. */
  generateSecrets(target: Omit<Target, 'signal'>): Promise<Secrets>;
  /**
   * Where blank resources are made ahead. `inspect`, `drop` and `proveAbsent` take those as well, by their name and
   * nonce.
   */
  readonly pool?: Pool;
  /**
   * Creates the resource together with its nonce, limited by the target's plan. One that exists is finished if it is
   * ours. With a former name it makes the blank one of that name the tenant's, which then differs in nothing from one
   * that was created; where there is none any more, it creates.
   * @param files what the tenant's blueprint says of this backend, as far as it counts when the resource is made
   * @throws BackendFault `foreign-resource` where it isn't ours
   */
  create(target: Target, secrets: Secrets, files?: readonly BlueprintFile[]): Promise<Created>;
  /**
   * Gives the resource what these files say, in their order. What is there already stays; nothing is ever taken away.
   * With no more rights than the tenant's own resource takes: whatever a tenant has put there, it can't make this do
   * anything beyond that resource.
   * @param onFile to be called once a file is applied for good; of one that is applied once also before it is begun,
   * and where it is certain that nothing of it is there
   * @returns remarks, such as which files were applied
   * @throws BackendFault `blueprint-refused` naming file and line
   */
  apply(target: Target, files: readonly PlannedFile[], onFile: OnFile): Promise<Notes>;
  /** How the resource differs from what these files say, which were all applied. Reads only. */
  findBlueprintDrift(target: Target, files: readonly PlannedFile[]): Promise<Drift[]>;
  /** How the tenant's application connects, by the present settings. */
  describeConnection(target: Pick<Target, 'name' | 'credential'>): Connection;
  /**
   * Reads and writes with the tenant's own credentials, and verifies that foreign targets refuse them by authorization.
   * @param resumed given after `enable`: what the tenant has broken itself, or an administrator had closed before, is
   * no failure
   * @returns remarks, such as what of that was left untried
   * @throws BackendFault `probe-refused` or `probe-leak`
   */
  probe(target: Target, secrets: Secrets, resumed?: Resumed): Promise<Notes>;
  /**
   * The access that `disable` is about to take away; the ledger keeps it before the first call. Reads only, beside the
   * secrets. Absent where nothing is lost.
   */
  readAccessState?(target: Target, secrets: Promise<Secrets>): Promise<AccessState>;
  /** Whether a `disable` has taken some of it away already, so that it can no longer be read. */
  isCutBegun?(target: Target): Promise<boolean>;
  /**
   * Makes a new credential valid beside the tenant's own, by which it may do the same, whatever it is the owner of.
   * Repeatable; takes nothing from anybody.
   * @throws BackendFault `conflict` where something that isn't ours has its name
   */
  issue(target: Target, next: Credential, current: Credential): Promise<Notes>;
  /** Ends a credential that was being issued; nothing to do where it never was. */
  withdraw(target: Target, version: number): Promise<Notes>;
  /** Ends a credential for good, with its sessions; whatever it has made stays the tenant's. Repeatable. */
  retire(target: Target, version: number): Promise<Notes>;
  /**
   * Tries to log in by a credential that was ended, that of the target, and sees that refused by authorization.
   * @throws BackendFault `still-open`
   */
  assertRefused(target: Target, secrets: Secrets): Promise<void>;
  /** Cuts the tenant's access by every credential, open sessions included; all data stays. */
  disable(target: Target): Promise<Notes>;
  /**
   * Restores exactly what `disable` has cut, even if the tenant has changed it since: the stored credentials work
   * again.
   * @param before the result of `readAccessState` before the first `disable`; undefined where it wasn't read then
   * @param others the credentials that are valid besides; all others of the target's stay cut
   */
  enable(
    target: Target,
    secrets: Secrets,
    before: AccessState | undefined,
    others?: readonly Credential[],
  ): Promise<Notes>;
  /**
   * Tries to log in as the tenant, and verifies that this is refused by authorization. Called after `disable`.
   * @throws BackendFault `still-open`
   */
  assertLockedOut(target: Target, secrets: Secrets): Promise<void>;
  /**
   * How much the tenant uses of it. Reads only.
   * @param loadSecrets where the server answers this to the tenant alone
   */
  measure(target: Target, loadSecrets: () => Promise<Secrets>): Promise<Usage>;
  /** The limits that it has, all of those that `limit` may change. Reads only. */
  readLimits(target: Target): Promise<LimitState>;
  /**
   * Sets the limits of the target's plan: what that leaves out is not limited, or as the settings have it for tenants
   * without a plan. Takes back what the tenant has set itself to lift one.
   */
  limit(target: Target): Promise<Notes>;
  /** Sets the limits that there were before a `limit`. @param before the result of `readLimits` then */
  relimit(target: Target, before: LimitState): Promise<Notes>;
  /**
   * Whether a create of this target, and a drop, is one call with one effect, which `inspect` sees: all of it is there,
   * or nothing. Where it isn't, or this is absent, nothing tells that no part of a sequence is still on its way.
   */
  isOneCall?(target: Target): boolean;
  /** Removes what is ours: access first, data second. Called only after `inspect` returned `ours`. */
  drop(target: Target): Promise<Notes>;
  /** Whose the resource of this name is; ours as well where the blank one of its former name is there. Reads only. */
  inspect(target: Target): Promise<Inspection>;
  /** How a resource of ours differs from what it should be in this state, and by the target's plan. Reads only. */
  findDrift(
    target: Target,
    state: 'present' | 'disabled',
    secrets: Secrets,
    others?: readonly Credential[],
  ): Promise<Drift[]>;
  /**
   * All resources that carry an ownership nonce. Reads only.
   * @param names those to look for where the contract lists this backend `by-name`; others ignore it
   */
  listOwned(names: readonly string[], signal: AbortSignal): Promise<OwnedResource[]>;
  /**
   * Verifies that no trace of the resource is left, by name, by former name, and by nonce.
   * @throws BackendFault `still-there`, naming what was found
   */
  proveAbsent(target: Target): Promise<AbsenceProof[]>;
  close(): Promise<void>;
}

/**
 * For how long after its start an unanswered call may still take effect, in ms. A server goes on with a call that has
 * timed out (a realm has been created 64 s after a call that was given up after 60 s), so by default this is twice the
 * timeout.
 */
export const settleMs = ({ callTimeoutMs }: Pick<Backend, 'callTimeoutMs'>, marginMs = callTimeoutMs): number =>
  callTimeoutMs + marginMs;
