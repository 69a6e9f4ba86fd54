import { setTimeout as delay } from 'node:timers/promises';
import type { Db, Document } from 'mongodb';
import { until } from '../support/until';
import type { MongoTenant } from './mongo-tenant';

/** One command that takes minutes unless it is ended: authorised once, when it begins. */
export interface LongWork {
  what: string;
  prepare?: (db: Db) => Promise<unknown>;
  run: (db: Db) => Promise<unknown>;
  /** How it is seen at work. */
  op: Document;
}

const SLOWLY = 'function () { const end = Date.now() + 20; while (Date.now() < end); return true; }';
const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ n, text: `text ${n}` }));

/** Sixty indexes make each document dear. */
const manyIndexes = (db: Db) =>
  db
    .collection('bulk')
    .createIndexes(Array.from({ length: 60 }, (_, n) => ({ key: { text: 1, [`f${n}`]: 1 }, name: `i${n}` })));

export const BULK_INSERT: LongWork = {
  what: 'a bulk insert',
  prepare: manyIndexes,
  run: (db) => db.command({ insert: 'bulk', documents: rows(60_000), ordered: false }),
  op: { op: 'insert' },
};

const fillCollection = (db: Db) => db.collection('rows').insertMany(rows(10_000));

export const LONG_WORK: LongWork[] = [
  BULK_INSERT,
  {
    what: 'a bulk insert that wants no answer (w: 0) and so has no session',
    prepare: manyIndexes,
    run: async (db) => {
      await db.collection('bulk').insertMany(rows(60_000), { writeConcern: { w: 0 }, ordered: false });
      // Its connection stays open: the server gives up for a client that has gone.
      await delay(3_000);
      throw Object.assign(new Error('it was never answered'), { code: 11601 });
    },
    op: { op: 'insert' },
  },
  {
    what: 'an update of all documents',
    prepare: fillCollection,
    run: (db) =>
      db.command({ update: 'rows', updates: [{ q: { $where: SLOWLY }, u: { $set: { seen: 1 } }, multi: true }] }),
    op: { op: 'update' },
  },
  {
    what: 'an aggregation that writes a collection ($out)',
    prepare: fillCollection,
    run: (db) =>
      db.command({
        aggregate: 'rows',
        pipeline: [{ $match: { $expr: { $function: { body: SLOWLY, args: [], lang: 'js' } } } }, { $out: 'out' }],
        cursor: {},
      }),
    op: { 'command.aggregate': 'rows' },
  },
  {
    what: 'a query that runs JavaScript ($where)',
    prepare: fillCollection,
    run: (db) => db.command({ count: 'rows', query: { $where: SLOWLY } }),
    op: { 'command.count': 'rows' },
  },
];

/** Starts it and waits until the server shows it at work; `end` gives the code it ended by. */
export async function startWork(
  tenant: MongoTenant,
  { prepare, run, op, what }: LongWork,
  as: 'asTenant' | 'asOwner',
): Promise<{ end: Promise<string> }> {
  if (prepare) await tenant.asOwner(prepare);
  const end = tenant[as](run).then(
    () => 'done',
    (error: unknown) => String((error as { code?: unknown }).code ?? error),
  );
  await until(`${what} is at work`, () => isAtWork(tenant, op));
  return { end };
}

export const isAtWork = ({ asOwner, name }: MongoTenant, op: Document): Promise<boolean> =>
  asOwner(
    async (_, client) =>
      (
        await client
          .db('admin')
          .aggregate([
            { $currentOp: { allUsers: true } },
            { $match: { active: true, ns: { $regex: `^${name}\\.` }, ...op } },
          ])
          .toArray()
      ).length > 0,
  );
