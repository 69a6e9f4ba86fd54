import { keycloak } from './keycloak';
import { mongodb } from './mongodb';
import { postgres } from './postgres';
import { qdrant } from './qdrant';
import type { Server } from './server';
import { temporal } from './temporal';
import { temporalOnPostgres } from './temporal-postgres';
import { isKeptIn, vault } from './vault';

/** What every stack has. Another one is a file beside this and a row here. */
const ALWAYS: readonly Server[] = [postgres, mongodb, qdrant, keycloak, temporal];

/** All servers that a stack may have. */
export const SERVERS: readonly Server[] = [...ALWAYS, vault];

/** What a Temporal keeps its data in: the development server in a file, or the real one in PostgreSQL. */
export const TEMPORAL_STORES = ['file', 'postgres'] as const;
export type TemporalStoreKind = (typeof TEMPORAL_STORES)[number];

/**
 * The servers of the stack in a folder. A vault is started where it is asked for, since it takes memory; and ever
 * after, since secrets of the folder's tenants are in it. Each Temporal has data of its own: what one has begun the
 * other does not know.
 */
export const serversOf = (dir: string, hasVault: boolean, store: TemporalStoreKind = 'file'): readonly Server[] =>
  (hasVault || isKeptIn(dir) ? SERVERS : ALWAYS).map((it) =>
    it === temporal && store === 'postgres' ? temporalOnPostgres : it,
  );
