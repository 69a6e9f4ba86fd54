import { createMasterClient } from '@freeflow/db-master';
import { readPlans } from '@freeflow/lib/plans';
import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { ApiConfig } from './config';
import { validateInput } from './input-validation';
import { keepAddresses } from './plugins/addresses';
import { auditRequests } from './plugins/audit';
import { requirePermission } from './plugins/auth';
import { describeApi } from './plugins/docs';
import { guardByHeaders } from './plugins/headers';
import { answerClientError, readJsonStrictly } from './plugins/http-form';
import { measureRequests } from './plugins/measure-requests';
import { shedLoad } from './plugins/pressure';
import { answerFrameworkError, answerProblems } from './plugins/problems';
import { limitRates } from './plugins/rate-limit';
import { nameRequests, requestIdOf } from './plugins/request-id';
import { traceRequests } from './plugins/trace-requests';
import { endUnusedConnections } from './plugins/unused-connections';
import { RequestLines } from './request-lines';
import { auditRoutes } from './routes/audit';
import { consoleRoutes } from './routes/console';
import { eventRoutes } from './routes/events';
import { fleetRoutes } from './routes/fleet';
import { healthRoutes } from './routes/health';
import { identityRoutes } from './routes/identity';
import { metricsRoutes } from './routes/metrics';
import { onCallRoutes } from './routes/on-call';
import { operationRoutes } from './routes/operations';
import { planRoutes } from './routes/plans';
import { reconcileRoutes } from './routes/reconcile';
import { resourceMetadataRoutes } from './routes/resource-metadata';
import { revealRoutes } from './routes/reveal';
import { schemaRoutes } from './routes/schemas';
import { tenantRoutes } from './routes/tenants';
import { usageRoutes } from './routes/usage';
import { webhookRoutes } from './routes/webhooks';
import { createTemporalGateway } from './temporal-gateway';

/** No request of ours needs more. */
const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * The API, ready to listen. Closing it waits for what it has begun.
 * @param env Temporal's standard variables are read from it
 */
export async function buildApp(config: ApiConfig, env: NodeJS.ProcessEnv): Promise<FastifyInstance> {
  const app = fastify({
    logger: { name: 'api', level: config.LOG_LEVEL },
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: requestIdOf,
    logController: new RequestLines(),
    trustProxy: config.API_TRUSTED_PROXIES ?? false,
    // Connections kept alive must not hold up a shutdown; nor those that were never used: unused-connections.ts.
    forceCloseConnections: 'idle',
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  });
  app.setValidatorCompiler(validateInput);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(measureRequests);
  await app.register(keepAddresses);
  await app.register(endUnusedConnections);
  await app.register(nameRequests);
  await app.register(guardByHeaders);
  await app.register(answerProblems);
  await app.register(readJsonStrictly);

  const plans = readPlans(config.PLANS_FILE);
  const db = createMasterClient(config.MASTER_DATABASE_URL, {
    applicationName: 'freeflow-api',
    maxConnections: config.MASTER_DATABASE_POOL,
  });
  // Where many requests have all connections, what is measured must not say that there is no master database.
  const factsDb = createMasterClient(config.MASTER_DATABASE_URL, {
    applicationName: 'freeflow-api-metrics',
    maxConnections: 1,
  });
  const temporal = createTemporalGateway({
    taskQueue: config.TASK_QUEUE,
    uiUrl: config.TEMPORAL_UI_URL,
    log: app.log,
    env,
  });
  app.addHook('onClose', async () => {
    await temporal.close();
    await Promise.all([db.$disconnect(), factsDb.$disconnect()]);
  });

  await app.register(describeApi);
  await app.register(healthRoutes, { db, temporal });
  await app.register(resourceMetadataRoutes, config);
  await app.register(schemaRoutes);
  await app.register(consoleRoutes, config);
  await app.register(metricsRoutes, { db: factsDb, temporal, sweepIntervalMs: config.SWEEP_INTERVAL_MS });
  await app.register(async (secured) => {
    await secured.register(traceRequests);
    await secured.register(auditRequests, { db, windowMs: config.AUDIT_REFUSAL_WINDOW_MS });
    await secured.register(shedLoad, config);
    await secured.register(limitRates, config);
    await secured.register(requirePermission, config);
    await secured.register(tenantRoutes, { db, temporal });
    await secured.register(identityRoutes, { db, temporal, plans });
    await secured.register(operationRoutes, { db, temporal, plans });
    await secured.register(planRoutes, { plans });
    await secured.register(usageRoutes, { db });
    await secured.register(revealRoutes, { db, temporal });
    await secured.register(onCallRoutes, { db, temporal, sweepIntervalMs: config.SWEEP_INTERVAL_MS });
    await secured.register(fleetRoutes, { db, temporal });
    await secured.register(reconcileRoutes, { db, temporal });
    await secured.register(auditRoutes, { db });
    await secured.register(eventRoutes, { db, config });
    await secured.register(webhookRoutes, { db, allowedNetworks: config.WEBHOOK_ALLOWED_NETWORKS });
  });
  return app;
}
