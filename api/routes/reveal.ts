import { createPublicKey, randomUUID } from 'node:crypto';
import { revealRefusalOf, situationOf, type RevealKey, type RevealRefusal } from '@freeflow/contract';
import { revealBody, revealedSchema, tenantParams } from '@freeflow/contract/http';
import { inOneSnapshot, type PrismaClient } from '@freeflow/db-master';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { calculateJwkThumbprint } from 'jose';
import { Problem } from '../errors';
import { commonProblems, noReveal, notFound, problem, secured, tooLarge } from '../responses';
import type { TemporalGateway } from '../temporal-gateway';
import { tenantNotFound } from '../tenants/refusals';

/** Where no end was seen, nobody here knows whether there was one. */
const WHAT_TELLS = 'If a worker has read them all the same, secrets.reveal of this request in the audit trail says so.';

/**
 * Hands on the credentials of a tenant, which a worker has read and sealed to a key of whoever asks: what passes here
 * can't be read here.
 */
export const revealRoutes: FastifyPluginCallbackZod<{ db: PrismaClient; temporal: TemporalGateway }> = (
  app,
  { db, temporal },
  done,
) => {
  app.post(
    '/tenants/:id/credentials',
    {
      schema: {
        ...secured('tenants', 'tenants.reveal'),
        summary: "Reveal a tenant's credentials, sealed to a key of whoever asks",
        description:
          'Of an active tenant. A worker reads them and seals them; the API can do neither. Who has asked, why, and what came of it is in the audit trail.',
        params: tenantParams,
        body: revealBody,
        response: {
          200: revealedSchema,
          ...commonProblems,
          ...notFound,
          409: problem(
            'The tenant is not active, has no connection there, or the workers reveal none',
            'operation-in-progress',
            'suspended',
            'soft-deleted',
            'being-deleted',
            'never-active',
            'registered-only',
            'no-connection',
            'reveal-off',
          ),
          ...tooLarge,
          ...noReveal,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { backend = null, publicKey, reason } = request.body;
      assertOnCurve(publicKey);
      const key = await calculateJwkThumbprint(publicKey);
      const { tenantName, refusal } = await findTenant(db, id);
      // Also of what is refused; and a worker reads nothing where this row is not there.
      await request.audit.begin({ tenantId: id, tenantName, detail: { backend: backend ?? 'all', reason, key } });
      if (refusal !== null) throw refusalOf(refusal, id);
      const answer = await temporal
        .reveal(
          {
            tenantId: id,
            backend,
            publicKey,
            reason,
            requestedBy: request.principal,
            requestedByName: request.principalName,
            requestId: request.id,
          },
          randomUUID(),
        )
        .catch((cause: unknown) => {
          throw new Problem('orchestrator-unavailable', `No answer came. ${WHAT_TELLS}`, { cause });
        });
      if ('failed' in answer)
        throw answer.failed === null
          ? new Problem('no-worker', WHAT_TELLS)
          : new Problem('credentials-unreadable', answer.isLate ? `${answer.failed} ${WHAT_TELLS}` : answer.failed);
      if (answer.sealed === undefined) throw refusalOf(answer.refused, id);
      return reply.header('cache-control', 'no-store').send(answer);
    },
  );
  done();
};

/** @throws Problem `body-invalid` for what has the form of a key and is none */
function assertOnCurve(publicKey: RevealKey): void {
  try {
    createPublicKey({ key: { ...publicKey }, format: 'jwk' });
  } catch (cause) {
    const detail = 'is no point of the curve P-256';
    throw new Problem('body-invalid', `/publicKey: ${detail}`, {
      cause,
      errors: [{ pointer: '/publicKey', detail }],
    });
  }
}

/** The worker looks once more. */
async function findTenant(
  db: PrismaClient,
  id: string,
): Promise<{ tenantName: string | null; refusal: RevealRefusal | null }> {
  const tenant = await inOneSnapshot(db, (tx) =>
    tx.tenant.findUnique({
      where: { id },
      select: {
        name: true,
        status: true,
        goneAt: true,
        operations: { where: { endedAt: null, kind: { not: 'adopt' } }, select: { kind: true }, take: 1 },
        _count: { select: { resources: true, operations: true } },
      },
    }),
  );
  if (tenant === null) return { tenantName: null, refusal: 'tenant-unknown' };
  const { name, status, goneAt, operations, _count: count } = tenant;
  const isRegisteredOnly = count.operations === 0 && count.resources === 0;
  const situation = situationOf({ status, isGone: goneAt !== null, isRegisteredOnly });
  return { tenantName: name, refusal: revealRefusalOf(situation, operations[0]?.kind) };
}

function refusalOf(code: RevealRefusal, id: string): Problem {
  if (code === 'tenant-unknown') return tenantNotFound(id);
  if (code !== 'rate-limited') return new Problem(code, 'Its credentials are not revealed.');
  return new Problem(code, 'The workers have read many credentials in the last minute.', {
    headers: { 'retry-after': '60' },
  });
}
