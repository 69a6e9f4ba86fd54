/** Settings of an API for tests and measurements, which send by one principal what is too much of an admin's. */
export const UNLIMITED: Readonly<Record<string, string>> = {
  API_RATE_LIMIT: '1000000',
  API_RATE_LIMIT_UNKNOWN: '1000000',
  EVENTS_MAX_STREAMS: '0',
  EVENTS_MAX_STREAMS_PER_PRINCIPAL: '0',
  // Where suites run side by side, each is late.
  API_MAX_EVENT_LOOP_DELAY_MS: '0',
};
