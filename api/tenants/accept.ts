import { createHash, randomUUID } from 'node:crypto';
import { Prisma, tenantNames, type PrismaClient, type TenantOperation } from '@freeflow/db-master';
import type { RunnableKind } from '../../workflows/messages';
import { Problem } from '../errors';
import { refusalOfDelete } from './decide-delete';
import { unknown } from './read';
import { LAST_OPERATION, type TenantWithOperation } from './view';

/** Who asks, and how a repetition of the same request is known. */
export interface Asking {
  principal: string;
  idempotencyKey: string | undefined;
}

/** A change that is committed. `isNew` is false when an earlier request with the same key made it. */
export interface Accepted {
  /** With the one operation that was accepted, be it the tenant's last one or not. */
  tenant: TenantWithOperation;
  operation: TenantOperation;
  isNew: boolean;
}

type Committed = Omit<Accepted, 'isNew'>;
type NewOperation = Pick<TenantOperation, 'id' | 'kind' | 'requestedBy' | 'idempotencyKey' | 'bodyHash'>;

/**
 * Commits what was asked for; starting it comes after. The indexes of the master database decide who comes first: a
 * name, an open operation and an idempotency key exist once, whatever arrives at the same time.
 */
export function tenantAcceptor(db: PrismaClient) {
  return {
    /** @throws Problem `tenant-name-taken` | `idempotency-key-reused` */
    create: (name: string, asking: Asking): Promise<Accepted> =>
      firstOfItsKind(db, { ...asking, kind: 'create', request: fingerprint('POST /tenants', { name }) }, {
        commit: async (created) => {
          const tenant = await db.tenant.create({ data: { name, ...tenantNames(name), operations: { create: created } }, include: LAST_OPERATION });
          return withOperation(tenant);
        },
        taken: () => new Problem('tenant-name-taken', `A tenant named ${name} exists.`),
      }),

    /** @throws Problem `tenant-unknown` | `idempotency-key-reused` | any refusal of the table in decide-delete.ts */
    delete: (tenantId: string, { mode, force }: { mode: 'soft' | 'hard'; force: boolean }, asking: Asking): Promise<Accepted> =>
      firstOfItsKind(db, { ...asking, kind: 'hard_delete', request: fingerprint(`DELETE /tenants/${tenantId}`, { mode, force }) }, {
        commit: async (created) => {
          const tenant = await deletable(db, tenantId, mode, force);
          const operation = await db.tenantOperation.create({ data: { ...created, tenantId, force } });
          return { tenant: { ...tenant, operations: [operation] }, operation };
        },
        taken: () => new Problem('operation-in-progress', 'Another operation on this tenant has not ended yet.'),
      }),
  };
}

async function deletable(db: PrismaClient, id: string, mode: 'soft' | 'hard', force: boolean): Promise<TenantWithOperation> {
  const tenant = await db.tenant.findUnique({ where: { id }, include: { ...LAST_OPERATION, _count: { select: { resources: true } } } });
  if (tenant === null) throw unknown(id);
  const [last] = tenant.operations;
  const refusal = refusalOfDelete({
    status: tenant.status,
    isGone: tenant.goneAt !== null,
    hasOpenOperation: last !== undefined && last.endedAt === null,
    isRegisteredOnly: last === undefined && tenant._count.resources === 0,
    mode,
    force,
  });
  if (refusal) throw new Problem(refusal.refuse, refusal.detail);
  return tenant;
}

interface Request extends Asking {
  kind: RunnableKind;
  /** What is asked for, so that a key used for something else is noticed. */
  request: string;
}

interface Change {
  commit: (operation: NewOperation) => Promise<Committed>;
  /** What to answer when something else was first. */
  taken: () => Problem;
}

/** Commits, or finds what the same request has committed before. */
async function firstOfItsKind(db: PrismaClient, asked: Request, { commit, taken }: Change): Promise<Accepted> {
  const { principal, idempotencyKey, request, kind } = asked;
  const before = await earlier(db, asked);
  if (before !== undefined) return before;
  try {
    const key = { idempotencyKey: idempotencyKey ?? null, bodyHash: idempotencyKey === undefined ? null : request };
    return { ...(await commit({ id: randomUUID(), kind, requestedBy: principal, ...key })), isNew: true };
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    // Whoever was first may have been this very request, sent again before its answer.
    const other = await earlier(db, asked);
    if (other !== undefined) return other;
    throw taken();
  }
}

async function earlier(db: PrismaClient, { principal, idempotencyKey, request }: Request): Promise<Accepted | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const found = await db.tenantOperation.findUnique({ where: { requestedBy_idempotencyKey: { requestedBy: principal, idempotencyKey } }, include: { tenant: true } });
  if (found === null) return undefined;
  const { tenant, ...operation } = found;
  if (operation.bodyHash !== request) throw new Problem('idempotency-key-reused', 'This Idempotency-Key belongs to an earlier, different request.');
  return { tenant: { ...tenant, operations: [operation] }, operation, isNew: false };
}

function withOperation(tenant: TenantWithOperation): Committed {
  const [operation] = tenant.operations;
  if (operation === undefined) throw new Error(`the operation of ${tenant.id} is missing right after it was inserted`);
  return { tenant, operation };
}

const fingerprint = (route: string, content: object): string => createHash('sha256').update(`${route}\n${JSON.stringify(content)}`).digest('hex');

const isDuplicate = (error: unknown): boolean => error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
