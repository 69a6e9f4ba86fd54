import {
  BACKENDS,
  revealRefusalOf,
  REVEAL_SEALING,
  REVEALS_A_MINUTE,
  situationOf,
  UUID_NAMESPACE,
  type BackendKind,
  type RevealInput,
  type RevealKey,
  type RevealOutcome,
  type RevealRefusal,
} from '@freeflow/contract';
import type { RevealedContent } from '@freeflow/contract/http';
import { auditText, inOneSnapshot, recordAudit, recordTenantEvent, type PrismaClient } from '@freeflow/db-master';
import type { SecretStore } from '@freeflow/lib/secrets';
import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { calculateJwkThumbprint, CompactEncrypt, importJWK } from 'jose';
import { v5 as uuidV5 } from 'uuid';
import {
  connectedBackends,
  describeConnection,
  lackingText,
  resolveSecretsInUse,
  type ConnectedTenant,
  type ConnectValues,
} from '../backends/connections';
import { BackendFault } from '../backends/failures';
import { currentRunId, runActivity } from './activity-shell';

export interface RevealDependencies {
  db: PrismaClient;
  secrets: SecretStore;
  /** The values of the variables that the forms of connections take; undefined: nothing is ever revealed. */
  connectValues: ConnectValues | undefined;
}

/** Reads credentials for whoever has asked the API, which can't, and seals them to a key that nobody else has. */
export function revealActivities(dependencies: RevealDependencies) {
  const isTooOften = createBound();
  return {
    revealCredentials: (input: RevealInput): Promise<RevealOutcome> => {
      // They leave in no message either.
      const seen = new Set<string>();
      return runActivity(() => reveal(dependencies, input, seen, isTooOften), { secrets: seen });
    },
  };
}

async function reveal(
  { db, secrets, connectValues }: RevealDependencies,
  input: RevealInput,
  seen: Set<string>,
  isTooOften: () => boolean,
): Promise<RevealOutcome> {
  if (connectValues === undefined) return { refused: 'reveal-off' };
  const key = await calculateJwkThumbprint(input.publicKey);
  const asked: Asked = { requestId: input.requestId, actor: auditText(input.requestedBy), key };
  await assertAsked(db, input, asked);
  if (isTooOften()) return { refused: 'rate-limited' };
  const tenant = await findTenant(db, input.tenantId);
  if (typeof tenant === 'string') return { refused: tenant };
  const values = await resolveSecretsInUse(secrets, tenant, input.backend ?? undefined);
  for (const it of values.values()) for (const value of it.values()) seen.add(value);
  const wanted = connectedBackends(tenant, values).filter((it) => input.backend === null || it === input.backend);
  if (wanted.length === 0) return { refused: 'no-connection' };
  const content: RevealedContent = { tenant: { id: tenant.id, name: tenant.name }, connections: {}, warnings: [] };
  for (const kind of wanted) {
    // Where it should have a secret and has none, its connection is no use.
    if (values.get(kind) === undefined)
      throw new BackendFault('unexpected', `There is no secret of ${tenant.name} at ${BACKENDS[kind].title}.`);
    const { fields, lacking } = await describeConnection(kind, tenant, values, connectValues);
    content.connections[kind] = fields;
    if (lacking !== undefined) content.warnings.push(lackingText(lacking));
  }
  const sealed = await sealTo(input.publicKey, content);
  // One that was given up hands on nothing, and says nothing of it.
  cancellationSignal().throwIfAborted();
  await recordRevealing(db, tenant, wanted, asked);
  return { sealed, backends: wanted };
}

/** What the API has written down: the rest of the input may be anybody's, and is written down by nobody here. */
interface Asked {
  requestId: string;
  /** As the audit trail has it. */
  actor: string;
  /** The thumbprint of the key. */
  key: string;
}

/** Temporal hands on whatever somebody has put there: only what the API has written down before counts. */
async function assertAsked(
  db: PrismaClient,
  { tenantId, backend }: Pick<RevealInput, 'tenantId' | 'backend'>,
  { requestId, actor, key }: Asked,
): Promise<void> {
  const [row] = await db.$queryRaw<{ isAsked: boolean }[]>`
    SELECT was_reveal_asked(${requestId}, ${tenantId}::uuid, ${actor}, ${key}, ${backend ?? 'all'}) AS "isAsked"`;
  if (row?.isAsked !== true)
    throw ApplicationFailure.nonRetryable(
      'Nobody has asked the API for these credentials, sealed to this key.',
      'not-asked',
    );
}

/** The tenant as it is now, of no two versions during a rotation; or why nothing of it is revealed. */
async function findTenant(db: PrismaClient, id: string): Promise<ConnectedTenant | RevealRefusal> {
  const tenant = await inOneSnapshot(db, (tx) =>
    tx.tenant.findUnique({
      where: { id },
      include: {
        connections: { orderBy: { service: 'asc' } },
        resources: true,
        operations: { where: { endedAt: null, kind: { not: 'adopt' } }, take: 1 },
        _count: { select: { operations: true } },
      },
    }),
  );
  if (tenant === null) return 'tenant-unknown';
  const situation = situationOf({
    status: tenant.status,
    isGone: tenant.goneAt !== null,
    isRegisteredOnly: tenant._count.operations === 0 && tenant.resources.length === 0,
  });
  return revealRefusalOf(situation, tenant.operations[0]?.kind) ?? tenant;
}

async function sealTo(publicKey: RevealKey, content: RevealedContent): Promise<string> {
  const key = await importJWK({ ...publicKey }, REVEAL_SEALING.alg);
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
    .setProtectedHeader(REVEAL_SEALING)
    .encrypt(key);
}

/** Before it leaves: what can't be written down isn't shown. In the tenant's log, and in the audit trail. */
async function recordRevealing(
  db: PrismaClient,
  { id, name }: ConnectedTenant,
  backends: readonly BackendKind[],
  { requestId, actor, key }: Asked,
): Promise<void> {
  const message = `connection strings of ${backends.join(', ')} revealed to ${actor}`;
  await db.$transaction(async (tx) => {
    await recordTenantEvent(tx, id, 'connect', message);
    await recordAudit(tx, [
      {
        // Of one run one row, however often it is tried. Not by what a caller names: a second one would have none.
        id: uuidV5(`reveal ${currentRunId()}`, UUID_NAMESPACE),
        channel: 'api',
        action: 'secrets.reveal',
        outcome: 'done',
        actor,
        tenantId: id,
        tenantName: name,
        requestId,
        detail: { backends: [...backends], key },
      },
    ]);
  });
}

const MINUTE_MS = 60_000;

/** Whoever has taken over the API could ask for all tenants at once: not faster than people do. */
function createBound(): () => boolean {
  const last: number[] = [];
  return () => {
    const now = Date.now();
    while (last[0] !== undefined && last[0] < now - MINUTE_MS) last.shift();
    if (last.length >= REVEALS_A_MINUTE) return true;
    last.push(now);
    return false;
  };
}
