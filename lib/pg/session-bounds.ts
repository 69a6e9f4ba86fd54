import type { SessionSettings } from './error-tolerant-client';

/**
 * By these a server sees within half a minute that the peer of an idle session is gone without a word, as when its host
 * or the network between them is; by Linux' own it takes two hours.
 */
export const KEEPALIVES = {
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
} as const satisfies SessionSettings;

/**
 * What every session at the master database begins with. A process that is stopped, or cut off, between two statements
 * of a transaction keeps what it has locked for so long; none of ours waits for anything but the database in one.
 */
export const MASTER_SETTINGS = {
  ...KEEPALIVES,
  idle_in_transaction_session_timeout: 15_000,
} as const satisfies SessionSettings;
