/**
 * An error with a stable code whose message may be shown and logged: it never carries a secret or a connection string.
 */
export abstract class CodedError<Code extends string = string> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
