import type { ProblemCode } from '@freeflow/contract';
import type { InputError } from '@freeflow/contract/http';

/** Thrown by handlers, answered as `application/problem+json` (RFC 9457). Its text is for the caller's eyes. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly more: { errors?: InputError[]; cause?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(`${code}: ${detail}`, { cause: more.cause });
  }
}
