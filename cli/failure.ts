/** Exit codes of `freeflow`, for scripts to decide by. */
export const EXIT = { done: 0, refused: 1, usage: 2, parked: 3, unreachable: 4, differs: 5, interrupted: 130 } as const;

/** A failure for people: what happened, then what to do; the process ends with its exit code. */
export class Failure extends Error {
  override readonly name = 'Failure';

  /** After how long the API wants to be asked the same again, in s: it did nothing, for now. */
  readonly retryAfterS: number | undefined;

  constructor(
    readonly exitCode: number,
    message: string,
    readonly advice: string,
    { retryAfterS, ...options }: ErrorOptions & { retryAfterS?: number | undefined } = {},
  ) {
    super(message, options);
    this.retryAfterS = retryAfterS;
  }
}

/**
 * The failure that something we call does not answer.
 * @param what such as `API`, in the advice
 */
export const unanswered = (url: string, what: string, cause: unknown): Failure =>
  new Failure(
    EXIT.unreachable,
    `${url} does not answer.`,
    `Check that the ${what} is up. For the local stack: npm run stack:status`,
    { cause },
  );
