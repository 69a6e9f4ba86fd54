import { types } from 'node:util';

/**
 * Why a set-up ended, as far as somebody can do something about it:
 * - `unreachable`: nobody answers, or not any more.
 * - `credentials`: the server refuses the owner's.
 * - `forbidden`: the owner lacks a right.
 * - `too-old`: the server lacks what least privileges need.
 */
export type SetUpProblem = 'unreachable' | 'credentials' | 'forbidden' | 'too-old';

/** A set-up that could not be done. The message can be shown: no secret, no connection string. */
export class SetUpError extends Error {
  override readonly name = 'SetUpError';

  constructor(readonly problem: SetUpProblem, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** What an error says: its message, or the messages of those it is made of. That of `fetch` alone says nothing. */
export function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (error.message === 'fetch failed' && error.cause !== undefined) return reasonOf(error.cause);
  if ('errors' in error) return [error.message, ...[error.errors].flat().map(reasonOf)].filter(Boolean).join('; ');
  return error.message || error.name;
}
