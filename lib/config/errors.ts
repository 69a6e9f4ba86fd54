import { CodedError } from '../errors';

/** A variable is missing or unusable; the message names every one, never with a value. */
export class ConfigError extends CodedError<'config-invalid'> {
  override readonly name = 'ConfigError';

  constructor(message: string) {
    super('config-invalid', message);
  }
}
