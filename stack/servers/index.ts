import { keycloak } from './keycloak';
import { mongodb } from './mongodb';
import { postgres } from './postgres';
import { qdrant } from './qdrant';
import type { Server } from './server';
import { temporal } from './temporal';
import { isKeptIn, vault } from './vault';

/** What every stack has. Another one is a file beside this and a row here. */
const ALWAYS: readonly Server[] = [postgres, mongodb, qdrant, keycloak, temporal];

/** All servers that a stack may have. */
export const SERVERS: readonly Server[] = [...ALWAYS, vault];

/**
 * The servers of the stack in a folder. A vault is started where it is asked for, since it takes memory; and ever
 * after, since secrets of the folder's tenants are in it.
 */
export const serversOf = (dir: string, hasVault: boolean): readonly Server[] =>
  hasVault || isKeptIn(dir) ? SERVERS : ALWAYS;
