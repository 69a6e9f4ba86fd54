/** How `freeflow` ends: what scripts decide by. */
export const EXIT = { done: 0, refused: 1, usage: 2, parked: 3, unreachable: 4, interrupted: 130 } as const;

/** A failure to be told in one line, with the way out; the process ends with its exit code. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly exitCode: number,
    message: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
