import type { Usage } from '@freeflow/contract';
import type { Db } from 'mongodb';
import { runRead } from './commands';

/** How many connections a tenant has, at work or idle; asked before we log in as the tenant ourselves. */
export async function countConnections(admin: Db, name: string, signal: AbortSignal): Promise<number> {
  const pipeline = [
    { $currentOp: { allUsers: true, idleConnections: true } },
    { $match: { 'effectiveUsers.db': name } },
    { $group: { _id: '$connectionId' } },
    { $count: 'connections' },
  ];
  const { cursor } = await runRead(admin, { aggregate: 1, pipeline, cursor: {} }, signal);
  const [found] = (cursor as { firstBatch: { connections: number }[] }).firstBatch;
  return found?.connections ?? 0;
}

/** Data and indexes of a database, and its documents, as the tenant itself is told: the provisioner reads no data. */
export async function measureAsTenant(db: Db, signal: AbortSignal): Promise<Usage> {
  const { dataSize, indexSize, objects } = await runRead(db, { dbStats: 1 }, signal);
  return { size: Number(dataSize) + Number(indexSize), objects: Number(objects) };
}

/** What the files take, where the tenant can't be asked, as while it is suspended. */
export async function sizeOnDisk(admin: Db, name: string, signal: AbortSignal): Promise<Usage> {
  const { databases } = await runRead(admin, { listDatabases: 1, filter: { name } }, signal);
  const [found] = databases as { sizeOnDisk?: number }[];
  return { size: Number(found?.sizeOnDisk ?? 0) };
}
