import { AUDITED_REFUSALS, isAuditAction, type AuditAction } from '@freeflow/contract';
import { tenantParams } from '@freeflow/contract/http';
import { recordAudit, type AuditRow, type PrismaClient } from '@freeflow/db-master';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Refusals } from '../audit/refusals';
import { RequestAudit } from '../audit/request-audit';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the audit trail has of this request. Set on every route that needs a token. */
    audit: RequestAudit;
  }
}

interface AuditOptions {
  db: PrismaClient;
  /** For so long equal refusals are counted before a row has their number. */
  windowMs: number;
}

/**
 * Keeps the audit trail of all routes in its scope, each of which has an action. A change writes its own row, in its
 * own transaction; here is written who was refused, and how it went where something was begun.
 */
export const auditRequests = fastifyPlugin<AuditOptions>((app, { db, windowMs }, done) => {
  const warn = (error: unknown) =>
    app.log.error({ cause: (error as Error).message }, 'a row of the audit trail could not be written');
  const refusals = new Refusals(Math.ceil(windowMs / 1_000), (row) => addRow(db, row), warn);
  const timer = setInterval(() => void refusals.flush(), windowMs).unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await refusals.flush();
  });

  app.addHook('onRoute', (route) => void actionOfRoute(route));
  // Filled by the hook below before any handler: no request is without.
  app.decorateRequest('audit');
  app.addHook('onRequest', async (request) => {
    request.audit = new RequestAudit(db, request, actionOf(request));
  });
  const record = async (request: FastifyRequest, status: number): Promise<void> => {
    const { audit, problemCode: code } = request;
    if (audit.hasBegun) return addRow(db, audit.row(outcomeOf(status), { status, code })).catch(warn);
    if (code === null || !AUDITED_REFUSALS.includes(status)) return;
    if (status !== 401) audit.about(tenantOf(request));
    await refusals.add(audit.row('refused', { status, code }));
  };
  // When it is decided, not when it is sent: who is gone by then was refused all the same. No answer waits for it.
  app.addHook('onSend', async (request, reply) => {
    if (request.audit.isAnswered) return;
    request.audit.isAnswered = true;
    void record(request, reply.statusCode);
  });
  done();
});

/** @throws Error for a route that has no action: the API does not start then */
function actionOfRoute({ method, url, schema }: Pick<RouteOptions, 'method' | 'url' | 'schema'>): AuditAction {
  const action = (schema as { operationId?: unknown } | undefined)?.operationId;
  if (!isAuditAction(action)) throw new Error(`${String(method)} ${url} has no action for the audit trail`);
  return action;
}

const actionOf = ({ routeOptions, method, url }: FastifyRequest): AuditAction =>
  actionOfRoute({ method, url: routeOptions.url ?? url, ...pickSchema(routeOptions) });

const pickSchema = ({ schema }: { schema?: RouteOptions['schema'] | undefined }) =>
  schema === undefined ? {} : { schema };

function outcomeOf(status: FastifyReply['statusCode']): AuditRow['outcome'] {
  if (status < 300) return 'accepted';
  return AUDITED_REFUSALS.includes(status) ? 'refused' : 'failed';
}

/** As the path has it; of a caller with a valid token. */
function tenantOf({ params, routeOptions: { url = '' } }: FastifyRequest): Pick<AuditRow, 'tenantId'> {
  const { success, data } = tenantParams.safeParse(params);
  return success && url.startsWith('/tenants/:id') ? { tenantId: data.id } : {};
}

/** With the tenant's name, where the request had its id alone. */
async function addRow(db: PrismaClient, row: AuditRow): Promise<void> {
  const { tenantId, tenantName } = row;
  const tenant =
    typeof tenantId === 'string' && typeof tenantName !== 'string'
      ? await db.tenant.findUnique({ where: { id: tenantId }, select: { name: true } })
      : null;
  await recordAudit(db, [tenant === null ? row : { ...row, tenantName: tenant.name }]);
}
