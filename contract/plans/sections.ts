import { z } from 'zod';
import type { BackendKind } from '../backends';
import { count, duration, size } from './units';

/** What a plan may say of PostgreSQL. */
const postgres = z.strictObject({
  connections: count(1, 100_000).optional().describe('connections that the tenant may have at a time'),
  statementTimeout: duration('1ms', '24d').optional().describe('how long a statement may take'),
  lockTimeout: duration('1ms', '24d').optional().describe('how long a statement may wait for a lock'),
  idleInTransactionTimeout: duration('1ms', '24d').optional().describe('how long a transaction may be idle'),
  idleSessionTimeout: duration('1ms', '24d').optional().describe('how long a session may be idle'),
  tempFiles: size('64kB', '1TB').optional().describe('temporary files of one session'),
  workMem: size('64kB', '1TB').optional().describe('memory of one sort or hash table, before it uses temporary files'),
  size: size('1MB', '900TB').optional().describe('reported: of the database'),
});

/** What a plan may say of MongoDB, which has no limits of one user or database: all of it is reported. */
const mongodb = z.strictObject({
  size: size('1MB', '900TB').optional().describe('reported: data and indexes of the database'),
  objects: count(1, Number.MAX_SAFE_INTEGER).optional().describe('reported: documents of the database'),
  connections: count(1, 100_000).optional().describe('reported: connections of the tenant at a time'),
});

const MOST_POINTS = 1_000_000_000_000;

/** What a plan may say of Qdrant. */
const qdrant = z.strictObject({
  points: count(1, MOST_POINTS).optional().describe('points of the collection'),
  vectors: size('1kB', '900TB').optional().describe('size of its vectors'),
  payload: size('1kB', '900TB').optional().describe('size of its payload'),
  upsertBatch: count(1, MOST_POINTS).optional().describe('points of one upsert'),
  queryLimit: count(1, MOST_POINTS).optional().describe('results of one query'),
  queryTimeout: duration('1s', '24d').optional().describe('the time-out that a query may ask for, in whole seconds'),
  readsPerMinute: count(1, MOST_POINTS).optional().describe('reading requests in a minute'),
  writesPerMinute: count(1, MOST_POINTS).optional().describe('points written in a minute'),
});

/** What a plan may say of Keycloak. */
const keycloak = z.strictObject({
  accessToken: duration('1s', '30d').optional().describe('how long an access token is valid'),
  sessionIdle: duration('1min', '365d').optional().describe('how long a session may be idle'),
  sessionMax: duration('1min', '365d').optional().describe('how long a session lasts at most'),
  offlineSessionIdle: duration('1min', '3650d').optional().describe('how long an offline session may be idle'),
  offlineSessionMax: duration('1min', '3650d').optional().describe('how long an offline session lasts at most'),
  users: count(1, 1_000_000_000).optional().describe('reported: users of the realm'),
});

/** What a plan may say of each backend. One that is left out here does not compile. */
export const PLAN_SECTIONS = { postgres, mongodb, qdrant, keycloak } satisfies Record<BackendKind, z.ZodObject>;

/** What a plan says of one backend; sizes in bytes, times in ms. */
export type PlanSection<Kind extends BackendKind> = z.output<(typeof PLAN_SECTIONS)[Kind]>;
