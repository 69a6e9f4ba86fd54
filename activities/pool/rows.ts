import type { BackendKind } from '@freeflow/contract';
import type { PooledResource, PrismaClient } from '@freeflow/db-master';
import type { AnnouncedCall, CallRecord } from '../backend-call';

/** After so long a blank resource is replaced: what a server gives a new one changes, as by an upgrade. */
const OLDEST_MS = 7 * 24 * 3_600_000;

/** What a pool is to be like. */
export interface Wanted {
  kind: BackendKind;
  serverId: string;
  template: string;
  size: number;
}

/**
 * The rows of the pool: what may exist at a server without a tenant, each written before its resource is made. A row
 * changes its state by compare-and-set: what a create has claimed is never dropped as blank, and what was discarded is
 * never claimed.
 */
export class PoolRows {
  constructor(private readonly db: PrismaClient) {}

  /** Those at this server, the oldest first. */
  list({ kind, serverId }: Pick<Wanted, 'kind' | 'serverId'>): Promise<PooledResource[]> {
    return this.db.pooledResource.findMany({
      where: { kind, serverId },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
  }

  /** Records what is about to be made. */
  intend({ kind, serverId, template }: Wanted, name: string, nonce: string): Promise<PooledResource> {
    return this.db.pooledResource.create({ data: { kind, name, nonce, serverId, template } });
  }

  /** It was made, by the server's own answer; without effect where another worker has discarded it meanwhile. */
  async markReady({ id }: PooledResource): Promise<void> {
    await this.db.pooledResource.updateMany({
      where: { id, state: 'intended' },
      data: { state: 'ready', callStartedAt: null },
    });
  }

  /** No create can claim it any more. @returns false where one has just claimed it */
  async discard({ id }: Pick<PooledResource, 'id'>): Promise<boolean> {
    const { count } = await this.db.pooledResource.updateMany({ where: { id }, data: { state: 'discarded' } });
    return count === 1;
  }

  /** It was seen absent, for good. */
  async remove({ id }: PooledResource): Promise<void> {
    await this.db.pooledResource.deleteMany({ where: { id, state: 'discarded' } });
  }

  /** Where the calls at a blank resource are announced. */
  callsOf({ id }: PooledResource): CallRecord {
    return {
      start: () => this.recordCallStart(id),
      clear: async ({ at, earlier }) => {
        await this.db.pooledResource.updateMany({
          where: { id, callStartedAt: at },
          data: { callStartedAt: earlier },
        });
      },
    };
  }

  private async recordCallStart(id: string): Promise<AnnouncedCall> {
    const [row] = await this.db.$queryRaw<AnnouncedCall[]>`
      WITH before AS MATERIALIZED (SELECT "callStartedAt" AS earlier FROM "PooledResource" WHERE id = ${id}::uuid FOR UPDATE)
      UPDATE "PooledResource" SET "callStartedAt" = clock_timestamp() FROM before WHERE id = ${id}::uuid
      RETURNING "callStartedAt" AS at, before.earlier`;
    if (row === undefined) throw new Error(`the pool has no row ${id}`);
    return row;
  }
}

/** What is to be done about the rows of a pool. Pure. */
export function planPool(
  rows: readonly PooledResource[],
  { size, template }: Wanted,
  now: Date,
): { discard: PooledResource[]; drop: PooledResource[]; lacking: number } {
  const isFit = (it: PooledResource) =>
    it.state === 'ready' && it.template === template && now.getTime() - it.createdAt.getTime() < OLDEST_MS;
  const fit = rows.filter(isFit);
  const surplus = fit.slice(0, Math.max(0, fit.length - size));
  return {
    // Under the lock nobody is making what is intended: who was has died, or has failed.
    discard: [...rows.filter((it) => it.state !== 'discarded' && !isFit(it)), ...surplus],
    drop: rows.filter((it) => it.state === 'discarded'),
    lacking: Math.max(0, size - fit.length),
  };
}
