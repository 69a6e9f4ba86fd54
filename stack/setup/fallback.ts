import { SetUpError } from '../../backends/provisioner/errors';
import type { Outcome, Password } from '../../backends/provisioner/outcome';

interface OnServer {
  /** Whether the server is the stack's own, where nothing can be lacking. On another one, what exists keeps its password. */
  isOurs: boolean;
  /** Made up by the stack. */
  password: string;
  /** What stands in for the provisioner where it is out of reach. */
  variable: string;
  note: (text: string) => void;
}

/**
 * Sets up a provisioner. On a server of someone else it may be out of reach; then the worker gets the credentials that
 * were given for that server, and `note` is told.
 * @param worksWith whether a provisioner that has kept its password has the one made up here: an earlier start may have made it
 * @returns the provisioner's password; undefined to use what was given
 */
export async function provisionerPassword(
  { isOurs, password, variable, note }: OnServer,
  setUp: (password: Password) => Promise<Outcome>,
  worksWith: () => Promise<boolean>,
): Promise<string | undefined> {
  try {
    const outcome = await setUp({ value: password, isForced: isOurs });
    outcome.warnings.forEach(note);
    if (outcome.password !== undefined) return outcome.password;
  } catch (error) {
    if (isOurs || !(error instanceof SetUpError) || error.problem !== 'forbidden') throw error;
    note(`no provisioner could be made for the worker (${error.message}); ${variable} is used as it is`);
    return undefined;
  }
  if (await worksWith()) return password;
  note(`the provisioner exists with another password; ${variable} is used as it is`);
  return undefined;
}
