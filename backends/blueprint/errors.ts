import { CodedError } from '@freeflow/lib/errors';
import type { BlueprintProblem } from './form';

/** A blueprint that no tenant can be given; the message names each file, and the line where one is known. */
export class BlueprintError extends CodedError<'blueprint-invalid'> {
  override readonly name = 'BlueprintError';

  constructor(readonly problems: readonly BlueprintProblem[]) {
    super('blueprint-invalid', `The blueprint can't be used:\n${problems.map(problemText).join('\n')}`);
  }
}

/** `postgres/001.sql:4: ...` */
export const problemText = ({ path, line, message }: BlueprintProblem): string =>
  `${path}${line === undefined ? '' : `:${line}`}: ${message}`;
