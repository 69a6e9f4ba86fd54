import type { FailureType } from '@freeflow/contract';
import { failureTypeOf, type FailureCodes } from './failure-codes';
import { BackendFault, hasCode, messageOf } from './failures';

/** How one kind of server answers a call that the caller has no right to. */
export interface RefusalRule {
  /** The server's name, which begins the messages. */
  readonly server: string;
  /**
   * The codes of a refusal by authorization. That the target isn't there is none: to somebody with the right it would
   * be.
   */
  readonly refusals: readonly (string | number)[];
  /** The codes of its failures, by which a server that can't answer now is told from one that has answered. */
  readonly failures: readonly FailureCodes[];
  /** Whether an error proves that the call was let through, and failed at something else. By default none does. */
  readonly isLetThrough?: (error: unknown) => boolean;
  /** What every other error means. Left out, it is passed on as it is. */
  readonly otherwise?: FailureType;
}

/** Failures that say how the server is, and nothing of what the caller may do. */
const OF_THE_SERVER: readonly FailureType[] = ['unreachable', 'overloaded', 'certificate', 'blocked', 'server-error'];

/**
 * Verifies that a server refuses a call of the tenant by authorization.
 * @param what the call, for messages: `creating a role`
 * @throws BackendFault the server's own failure where it did not come to decide; `probe-leak` where the call was let
 * through; `otherwise`, or the error itself, where neither can be told
 */
export async function expectRefusal(rule: RefusalRule, what: string, call: () => Promise<unknown>): Promise<void> {
  const { server, refusals } = rule;
  try {
    await call();
  } catch (error) {
    if (hasCode(error, ...refusals)) return;
    throw faultOf(rule, what, error);
  }
  throw new BackendFault('probe-leak', `${server}: ${what} as the tenant was not refused`);
}

/** What an error other than a refusal means. */
function faultOf(rule: RefusalRule, what: string, error: unknown): unknown {
  const { server, refusals, failures, isLetThrough, otherwise } = rule;
  const [end, options] = [`ended in ${messageOf(error)}`, { cause: error }];
  // First: a server that stops, or is cut off, may answer by a code that else would show the call let through.
  const type = failureTypeOf(failures, error);
  if (OF_THE_SERVER.includes(type)) return new BackendFault(type, `${server}: ${what} as the tenant ${end}`, options);
  if (isLetThrough?.(error) === true)
    return new BackendFault('probe-leak', `${server}: ${what} as the tenant was not refused: it ${end}`, options);
  if (otherwise === undefined) return error;
  return new BackendFault(
    otherwise,
    `${server}: ${what} as the tenant ${end}, expected ${refusals.join(' or ')}`,
    options,
  );
}
