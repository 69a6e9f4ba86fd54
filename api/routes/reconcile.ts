import {
  dropBody,
  dropSchema,
  reconcileBody,
  reportParams,
  reportSchema,
  startedSchema,
  type OrphanDropBody,
  type ReportBody,
} from '@freeflow/contract/http';
import type { OrphanDrop, PrismaClient, ReconcileReport } from '@freeflow/db-master';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { Problem } from '../errors';
import { commonProblems, problem } from '../problem-responses';
import type { TemporalGateway } from '../temporal-gateway';

const common = { tags: ['reconcile'], security: [{ bearer: [] }] };
const notThere = { 404: problem('It is not there, or not yet') } as const;

/** `/reconcile` and `/resources`: started at once or not at all, since nothing is lost by asking again. */
export function reconcileRoutes(
  root: FastifyInstance,
  { db, temporal }: { db: PrismaClient; temporal: TemporalGateway },
): void {
  const app = root.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/reconcile',
    {
      schema: {
        ...common,
        summary: 'Compare master database, ledger and servers now; with fix, repair what is safe',
        body: reconcileBody,
        response: { 202: startedSchema, ...commonProblems },
      },
    },
    async (request, reply) => {
      const id = await asked(() =>
        temporal.startReconciliation({ requestedBy: request.principal, fix: request.body?.fix ?? false }, request.id),
      );
      return reply.code(202).header('location', `/reconcile/${id}`).send({ id });
    },
  );

  app.get(
    '/reconcile',
    {
      schema: {
        ...common,
        summary: 'Show the last report',
        response: { 200: reportSchema, ...commonProblems, ...notThere },
      },
    },
    async () => shown(await db.reconcileReport.findFirst({ orderBy: { endedAt: 'desc' } })),
  );

  app.get(
    '/reconcile/:id',
    {
      schema: {
        ...common,
        summary: 'Show a report',
        params: reportParams,
        response: { 200: reportSchema, ...commonProblems, ...notThere },
      },
    },
    async (request) => shown(await db.reconcileReport.findUnique({ where: request.params })),
  );

  app.post(
    '/resources/drop',
    {
      schema: {
        ...common,
        summary: 'Drop one orphan: made by this installation, in no live row of the ledger, with this very id',
        body: dropBody,
        response: { 202: startedSchema, ...commonProblems },
      },
    },
    async (request, reply) => {
      const id = await asked(() => temporal.startOrphanDrop({ ...request.body, requestedBy: request.principal }));
      return reply.code(202).header('location', `/resources/drops/${id}`).send({ id });
    },
  );

  app.get(
    '/resources/drops/:id',
    {
      schema: {
        ...common,
        summary: 'Show how the drop of an orphan has ended',
        params: reportParams,
        response: { 200: dropSchema, ...commonProblems, ...notThere },
      },
    },
    async (request) => {
      const drop = await db.orphanDrop.findUnique({ where: request.params });
      if (drop === null) throw new Problem('report-unknown', `There is no drop ${request.params.id}.`);
      return viewDrop(drop);
    },
  );
}

async function asked(start: () => Promise<string>): Promise<string> {
  try {
    return await start();
  } catch (cause) {
    throw new Problem('orchestrator-unavailable', 'Nothing was started.', { cause });
  }
}

function shown(report: ReconcileReport | null): ReportBody {
  if (report === null) throw new Problem('report-unknown', 'There is no such report.');
  const { startedAt, endedAt, ...rest } = report;
  return reportSchema.parse({ ...rest, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() });
}

const viewDrop = ({ startedAt, endedAt, nonce: _nonce, ...rest }: OrphanDrop): OrphanDropBody =>
  dropSchema.parse({ ...rest, startedAt: startedAt.toISOString(), endedAt: endedAt?.toISOString() ?? null });
