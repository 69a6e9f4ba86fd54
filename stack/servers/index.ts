import { keycloak } from './keycloak';
import { mongodb } from './mongodb';
import { postgres } from './postgres';
import { qdrant } from './qdrant';
import type { Server } from './server';
import { temporal } from './temporal';

/** All servers of a stack. Another one is a file beside this and a row here. */
export const SERVERS: readonly Server[] = [postgres, mongodb, qdrant, keycloak, temporal];
