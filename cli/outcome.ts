import { CommanderError } from 'commander';
import { EXIT, Failure } from './failure';
import { pastable } from './invocation';

/** How a command ends that has thrown: its exit code, and what is still to be said on stderr. */
export interface Outcome {
  exitCode: number;
  message?: string;
}

/**
 * What a command has thrown, for a person; undefined where it is no failure that was foreseen.
 * @param freeflow how this program was called, for the commands in an advice
 */
export function outcomeOf(error: unknown, freeflow: string): Outcome | undefined {
  // It has said so itself; help and version end like this, too.
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? EXIT.done : EXIT.usage };
  if (error instanceof Failure)
    return { exitCode: error.exitCode, message: `${error.message}\n${pastable(error.advice, freeflow)}` };
  return undefined;
}
