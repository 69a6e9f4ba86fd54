/** What the record steps have to know of the worker's configuration. */
export interface RecordSettings {
  /** See {@link import('./begin').Patience}. */
  patienceMs: number;
  parkedRetryMs: number;
  /** When a parked create that is not answered is rolled back, in ms after it was parked. */
  parkedCreateMs: number;
  /** How long a soft-deleted tenant is kept before it is purged, in ms. */
  retentionMs: number;
  /** See {@link import('./begin').SearchAttributes}. */
  searchAttributes?: readonly string[] | undefined;
  eventsPerRun?: number | undefined;
}
