import { randomUUID } from 'node:crypto';
import {
  decide,
  interruptedBy,
  isOverlapInTheWay,
  OPERATION_REQUESTS,
  situationOf,
  tenantNames,
  type AcceptedOperation,
  type BackendKind,
  type TenantRequestName,
} from '@freeflow/contract';
import type { CreateTenantBody } from '@freeflow/contract/http';
import type { Plans } from '@freeflow/contract/plans';
import { inOneSnapshot, masterNow, recordAudit, type PrismaClient, type TenantOperation } from '@freeflow/db-master';
import { activeTraceparent } from '@freeflow/lib/tracing';
import { Problem } from '../errors';
import { fingerprint, hashOfCreate, isDuplicate, keyReused, type Caller } from './idempotency';
import { assertNotForbidden, insertAllowedOperation, insertOperation } from './insert-operation';
import { externalIdTaken, refuseOperation, tenantNotFound } from './refusals';
import { assertKnownPlan } from './request-plan';
import { LAST_OPERATIONS, lastAdoption, type TenantWithOperation } from './view';

/** What is to be adopted; `acceptServer`: also from another server than the recorded one. */
export interface Adoption {
  backend: BackendKind;
  acceptServer: boolean;
}

/** A change that is committed. `isNew` is false when an earlier request with the same key made it. */
export interface Accepted {
  /** With the one operation that was accepted, be it the tenant's last one or not. */
  tenant: TenantWithOperation;
  operation: TenantOperation;
  isNew: boolean;
}

/** What of a tenant's credentials is to be replaced, and for how long those before stay valid. */
export interface Rotation {
  onlyAt: BackendKind | null;
  overlapS: number;
}

type Committed = Omit<Accepted, 'isNew'>;

/**
 * Commits an operation; its run is started after that. The indexes of the master database decide who comes first: a
 * name, an open operation and an idempotency key exist once, also among simultaneous requests.
 */
export function tenantAcceptor(db: PrismaClient, plans: Plans) {
  return {
    /** @throws Problem `body-invalid` | `tenant-name-taken` | `external-id-taken` | `idempotency-key-reused` */
    create: ({ name, ...identity }: CreateTenantBody, caller: Caller): Promise<Accepted> =>
      withIdempotencyKey(db, { ...caller, bodyHash: hashOfCreate({ name, ...identity }) }, async (key) => {
        assertKnownPlan(plans, identity.plan);
        const id = randomUUID();
        const created = { id: randomUUID(), kind: 'create', ...key } as const;
        const audited = caller.audit.accepted({ tenantId: id, tenantName: name, operationId: created.id });
        try {
          const [tenant] = await db.$transaction([
            db.tenant.create({
              data: { id, name, ...identity, ...tenantNames(name), operations: { create: created } },
              include: LAST_OPERATIONS,
            }),
            recordAudit(db, [audited]),
          ]);
          return { tenant, operation: operationIn(tenant) };
        } catch (error) {
          if (isDuplicate(error, 'externalId')) throw externalIdTaken(identity.externalId ?? '', error);
          throw isDuplicate(error, 'name')
            ? new Problem('tenant-name-taken', `${name} is taken.`, { cause: error })
            : error;
        }
      }),

    /** @throws Problem `tenant-unknown` | `idempotency-key-reused` | any refusal of the tables of the contract */
    change: (
      tenantId: string,
      requestName: TenantRequestName,
      caller: Caller,
      { adoption, rotation }: { adoption?: Adoption; rotation?: Rotation } = {},
    ): Promise<Accepted> =>
      withIdempotencyKey(
        db,
        { ...caller, bodyHash: fingerprint(`${requestName} /tenants/${tenantId}`, adoption ?? rotation ?? {}) },
        async (key) => {
          const created = {
            id: randomUUID(),
            tenantId,
            kind: OPERATION_REQUESTS[requestName].kind,
            force: OPERATION_REQUESTS[requestName].isForced,
            ...adoption,
            ...rotation,
            ...key,
          };
          for (;;) {
            const { tenant, decision, doneBy } = await loadIfAllowed(db, tenantId, requestName, adoption);
            if (rotation !== undefined && decision === 'accept') await assertNoOverlap(db, tenantId, rotation);
            const audited = caller.audit.accepted({
              tenantId,
              tenantName: tenant.name,
              operationId: created.id,
              detail: { hadNothingToDo: decision === 'nothing' ? true : undefined },
            });
            try {
              const operation =
                decision === 'nothing'
                  ? await insertOperation(db, { ...created, ...(await completedNow(db)) }, audited)
                  : await insertAllowedOperation(db, created, audited);
              const accepted = decision === 'nothing' ? (doneBy ?? operation) : operation;
              return { tenant: { ...tenant, operations: [accepted] }, operation: accepted };
            } catch (error) {
              // Another operation was accepted since this one was decided: decide again, with it in sight.
              if (!isDuplicate(error, 'tenantId')) throw error;
            }
          }
        },
      ),
  };
}

/**
 * A request with nothing to do is recorded as done, without a run: who sent it stays known, and the same request sent
 * later does nothing.
 */
async function completedNow(db: PrismaClient) {
  const now = await masterNow(db);
  return { state: 'done', createdAt: now, endedAt: now } as const;
}

/** An operation as its start needs to know it. */
export const acceptedOf = (
  tenantName: string,
  { id, tenantId, kind, requestedBy, force, backend, traceparent }: TenantOperation,
): AcceptedOperation => ({
  operationId: id,
  tenantId,
  tenantName,
  kind,
  requestedBy,
  interrupts: interruptedBy(kind, force),
  backend,
  traceparent,
});

/** @throws Problem `overlap-open`; checked once more when it begins, under the tenant's lock */
async function assertNoOverlap(db: PrismaClient, tenantId: string, { onlyAt, overlapS }: Rotation): Promise<void> {
  const entries = await db.tenantResource.findMany({
    where: { tenantId, ...(onlyAt === null ? {} : { kind: onlyAt }) },
    select: { kind: true, retiring: true, overlapUntil: true },
  });
  const [open] = entries.filter(({ retiring }) => isOverlapInTheWay(retiring.length, overlapS));
  if (open === undefined) return;
  throw new Problem('overlap-open', `At ${open.kind} until ${open.overlapUntil?.toISOString() ?? 'they are ended'}.`);
}

/** @throws Problem with the reason of the refusal */
async function loadIfAllowed(
  db: PrismaClient,
  id: string,
  requestName: TenantRequestName,
  adoption: Adoption | undefined,
): Promise<{ tenant: TenantWithOperation; decision: 'accept' | 'nothing'; doneBy: TenantOperation | undefined }> {
  const tenant = await inOneSnapshot(db, (tx) =>
    tx.tenant.findUnique({
      where: { id },
      include: {
        ...(adoption === undefined ? LAST_OPERATIONS : lastAdoption(adoption.backend)),
        _count: { select: { resources: true, operations: true } },
      },
    }),
  );
  if (tenant === null) throw tenantNotFound(id);
  // Before all else: of a protected tenant no deletion is accepted, not even one with nothing to do.
  if (tenant.goneAt === null && (tenant.deletionProtected || tenant.holdUntil !== null))
    assertNotForbidden(tenant, OPERATION_REQUESTS[requestName].kind, await masterNow(db));
  const [last] = tenant.operations;
  const isRegisteredOnly = tenant._count.operations === 0 && tenant._count.resources === 0;
  const open = tenant.operations.filter((it) => it.endedAt === null);
  const situation = situationOf({ status: tenant.status, isGone: tenant.goneAt !== null, isRegisteredOnly });
  const isAnotherAdoption = open.length > 0 && adoption !== undefined && adoption.acceptServer !== last?.acceptServer;
  const decideBeside = (it: TenantOperation | undefined) => decide(requestName, situation, it?.kind);
  // What cuts off and a rotation that came at the same time are both open, in either order: each has its say.
  const inProgress = open.find((it) => decideBeside(it) !== 'accept') ?? open[0];
  const decision = isAnotherAdoption ? 'operation-in-progress' : decideBeside(inProgress);
  if (decision === 'accept' || decision === 'nothing') return { tenant, decision, doneBy: inProgress };
  throw refuseOperation(decision, requestName, situation, inProgress?.kind);
}

interface IdempotentRequest extends Caller {
  /** Of the request's content, so that a key used for something else is noticed. */
  bodyHash: string;
}

type Key = Pick<TenantOperation, 'requestedBy' | 'idempotencyKey' | 'bodyHash' | 'traceparent'>;

/** Commits, or finds what the same request has committed before. */
async function withIdempotencyKey(
  db: PrismaClient,
  request: IdempotentRequest,
  commit: (key: Key) => Promise<Committed>,
): Promise<Accepted> {
  const { principal, idempotencyKey, bodyHash } = request;
  const before = await findByIdempotencyKey(db, request);
  if (before !== undefined) return before;
  try {
    const key = { idempotencyKey: idempotencyKey ?? null, bodyHash: idempotencyKey === undefined ? null : bodyHash };
    return { ...(await commit({ requestedBy: principal, traceparent: activeTraceparent(), ...key })), isNew: true };
  } catch (error) {
    // The one that came first may be this very request, sent again before its answer.
    const other = await findByIdempotencyKey(db, request);
    if (other !== undefined) return other;
    throw error;
  }
}

async function findByIdempotencyKey(
  db: PrismaClient,
  { principal, idempotencyKey, bodyHash }: IdempotentRequest,
): Promise<Accepted | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const found = await db.tenantOperation.findUnique({
    where: { requestedBy_idempotencyKey: { requestedBy: principal, idempotencyKey } },
    include: { tenant: true },
  });
  if (found === null) {
    // A principal's keys are one set, for operations and answers.
    if ((await db.operationAnswer.count({ where: { principal, idempotencyKey } })) > 0) throw keyReused();
    return undefined;
  }
  const { tenant, ...operation } = found;
  if (operation.bodyHash !== bodyHash) throw keyReused();
  return { tenant: { ...tenant, operations: [operation] }, operation, isNew: false };
}

function operationIn({ id, operations: [operation] }: TenantWithOperation): TenantOperation {
  if (operation === undefined) throw new Error(`the operation of ${id} is missing right after it was inserted`);
  return operation;
}
