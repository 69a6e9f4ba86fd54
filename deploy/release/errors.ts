import { CodedError } from '@freeflow/lib/errors';

/** No release, for a reason that whoever makes it can do something about. */
export class ReleaseError extends CodedError<'release'> {
  constructor(message: string) {
    super('release', message);
  }
}
