import type { StackInfo } from '@freeflow/contract/stack-info';
import { createMasterClient } from '@freeflow/db-master';
import { grantClientCredentials } from '@freeflow/lib/oauth';
import { claimStatement } from '../../activities/due-operations';
import { purgeStatement } from '../../activities/due-purges';
import { readEvents } from '../../api/events/rows';
import { parkedOperations } from '../../api/tenants/stuck-rows';
import { namedRoutes, STEP, takeSample, type Sample } from '../../test/support/reading-routes';
import type { ScaleDatabase } from './database';
import { startApi } from './process';

/** Everything that is measured at one database, by name. */
export interface Calls {
  sample: Sample;
  byName: Map<string, () => Promise<unknown>>;
  get(route: string): Promise<void>;
  close(): Promise<void>;
}

const BULK = 500;
/** One that many others have followed. */
const PAST_EVENT = 1_000n;

/** Opens the API at a database, and a client in the worker's rights. */
export async function openCalls(info: StackInfo, database: ScaleDatabase): Promise<Calls> {
  const api = await startApi(info, database.name, database.apiUrl);
  const db = createMasterClient(database.workerUrl, { maxConnections: 1 });
  const reader = createMasterClient(database.apiUrl, { maxConnections: 1 });
  const { value: token } = await grantClientCredentials(info.auth);
  const get = async (route: string): Promise<void> => {
    const response = await fetch(api.url + route, { headers: { authorization: `Bearer ${token}` } });
    const text = await response.text();
    if (!response.ok) throw new Error(`GET ${route}: ${response.status} ${text}`);
  };
  const sample = await takeSample(database.owner);
  const statements: [string, () => Promise<unknown>][] = [
    ['sweep: operations that are due', () => db.$queryRaw(claimStatement(new Date(), 100))],
    ['sweep: purges that are due', () => db.$executeRaw(purgeStatement(500))],
    // Once those of it that may go have gone: the oldest that are kept, which it passes by.
    [
      'reconcile: ended operations to delete',
      () => db.$queryRaw`SELECT * FROM expire_operations(30, 0, NULL::timestamptz, NULL::uuid, 200)`,
    ],
    ['GET /events: a page for a stream', () => readEvents(reader, { after: PAST_EVENT, limit: 200 })],
    [
      'GET /tenants/{id}/events: a page for a stream',
      () => readEvents(reader, { after: PAST_EVENT, limit: 200, tenantId: sample.id }),
    ],
    ['POST /tenants/retry: what is parked at a step', () => parkedOperations(db, BULK, STEP)],
  ];
  return {
    sample,
    byName: new Map([
      ...Object.entries(namedRoutes(sample)).map(([name, route]) => [name, () => get(route)] as const),
      ...statements,
    ]),
    get,
    close: async () => {
      await Promise.all([api.stop(), db.$disconnect(), reader.$disconnect()]);
    },
  };
}
