import type { FailureType } from '@freeflow/contract';
import { BackendFault, hasCode, messageOf } from './failures';

/** How one kind of server answers a call that the caller has no right to. */
export interface RefusalRule {
  /** The server's name, which begins the messages. */
  readonly server: string;
  /** The codes of a refusal by authorization. That the target isn't there is none: to somebody with the right it would be. */
  readonly refusals: readonly (string | number)[];
  /** Whether an error proves that the call was let through, and failed at something else. By default none does. */
  readonly isLetThrough?: (error: unknown) => boolean;
  /** What every other error means. Left out, it is passed on as it is. */
  readonly otherwise?: FailureType;
}

/**
 * Verifies that a server refuses a call of the tenant by authorization.
 * @param what the call, for messages: `creating a role`
 * @throws BackendFault `probe-leak` where the call was let through, `otherwise` or the error itself where that can't be told
 */
export async function expectRefusal(rule: RefusalRule, what: string, call: () => Promise<unknown>): Promise<void> {
  const { server, refusals, isLetThrough, otherwise } = rule;
  try {
    await call();
  } catch (error) {
    if (hasCode(error, ...refusals)) return;
    const end = `ended in ${messageOf(error)}`;
    if (isLetThrough?.(error) === true)
      throw new BackendFault('probe-leak', `${server}: ${what} as the tenant was not refused: it ${end}`, {
        cause: error,
      });
    if (otherwise === undefined) throw error;
    throw new BackendFault(otherwise, `${server}: ${what} as the tenant ${end}, expected ${refusals.join(' or ')}`, {
      cause: error,
    });
  }
  throw new BackendFault('probe-leak', `${server}: ${what} as the tenant was not refused`);
}
