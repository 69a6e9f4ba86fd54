import { CodedError } from '../errors';

/**
 * - `unreachable`: no Temporal server answers at the address; see the cause.
 * - `run-still-open`: a tenant's previous run did not close in time, so the next one could not be started.
 */
export type TemporalErrorCode = 'unreachable' | 'run-still-open';

export class TemporalError extends CodedError<TemporalErrorCode> {
  override readonly name = 'TemporalError';
}
