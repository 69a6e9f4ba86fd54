import { randomUUID } from 'node:crypto';
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
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { Problem } from '../errors';
import { commonProblems, problem, secured, temporalAway } from '../responses';
import type { TemporalGateway } from '../temporal-gateway';

const noReport = { 404: problem('There is no such report, or not yet', 'report-unknown') } as const;

/**
 * Reconciliations and drops of orphans. They start at once or not at all: nothing is lost by sending the request again.
 */
export const reconcileRoutes: FastifyPluginCallbackZod<{ db: PrismaClient; temporal: TemporalGateway }> = (
  app,
  { db, temporal },
  done,
) => {
  app.post(
    '/reconcile',
    {
      schema: {
        ...secured('reconcile', 'reconcile.start'),
        summary: 'Compare master database, ledger and backends now; with fix, repair what is safe',
        body: reconcileBody,
        response: { 202: startedSchema, ...commonProblems, ...temporalAway },
      },
    },
    async (request, reply) => {
      const fix = request.body?.fix ?? false;
      await request.audit.begin({ detail: { fix } });
      // Not the id of the request, which a caller may choose: each request has a reconciliation of its own.
      const id = await startOr503(() =>
        temporal.startReconciliation({ requestedBy: request.principal, fix }, randomUUID()),
      );
      request.audit.about({ detail: { id } });
      return reply.code(202).header('location', `/reconcile/${id}`).send({ id });
    },
  );

  app.get(
    '/reconcile',
    {
      schema: {
        ...secured('reconcile', 'reconcile.last'),
        summary: 'Show the last report',
        response: { 200: reportSchema, ...commonProblems, ...noReport },
      },
    },
    async () => toReportBody(await db.reconcileReport.findFirst({ orderBy: { endedAt: 'desc' } })),
  );

  app.get(
    '/reconcile/:id',
    {
      schema: {
        ...secured('reconcile', 'reconcile.show'),
        summary: 'Show a report',
        params: reportParams,
        response: { 200: reportSchema, ...commonProblems, ...noReport },
      },
    },
    async (request) => toReportBody(await db.reconcileReport.findUnique({ where: request.params })),
  );

  app.post(
    '/resources/drop',
    {
      schema: {
        ...secured('reconcile', 'resources.drop'),
        summary: 'Drop one orphan: created by this installation, in no live row of the ledger, with exactly this id',
        body: dropBody,
        response: { 202: startedSchema, ...commonProblems, ...temporalAway },
      },
    },
    async (request, reply) => {
      await request.audit.begin({ detail: request.body });
      const id = await startOr503(() => temporal.startOrphanDrop({ ...request.body, requestedBy: request.principal }));
      request.audit.about({ detail: { id } });
      return reply.code(202).header('location', `/resources/drops/${id}`).send({ id });
    },
  );

  app.get(
    '/resources/drops/:id',
    {
      schema: {
        ...secured('reconcile', 'resources.show-drop'),
        summary: 'Show the drop of an orphan',
        params: reportParams,
        response: { 200: dropSchema, ...commonProblems, ...noReport },
      },
    },
    async (request) => {
      const drop = await db.orphanDrop.findUnique({ where: request.params });
      if (drop === null) throw new Problem('report-unknown', `No drop has the id ${request.params.id}.`);
      return toDropBody(drop);
    },
  );
  done();
};

async function startOr503(start: () => Promise<string>): Promise<string> {
  try {
    return await start();
  } catch (cause) {
    throw new Problem('orchestrator-unavailable', 'Nothing was started.', { cause });
  }
}

function toReportBody(report: ReconcileReport | null): ReportBody {
  if (report === null) throw new Problem('report-unknown', 'No reconciliation has ended with it.');
  const { startedAt, endedAt, ...rest } = report;
  return reportSchema.parse({ ...rest, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() });
}

const toDropBody = ({ startedAt, endedAt, nonce: _nonce, ...rest }: OrphanDrop): OrphanDropBody =>
  dropSchema.parse({ ...rest, startedAt: startedAt.toISOString(), endedAt: endedAt?.toISOString() ?? null });
