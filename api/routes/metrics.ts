import type { PrismaClient } from '@freeflow/db-master';
import { METRICS_TYPE, renderMetrics } from '@freeflow/lib/metrics';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { installationFacts } from '../metrics/facts';
import type { TemporalGateway } from '../temporal-gateway';

const EXAMPLE =
  '# HELP freeflow_master_database_up Whether the master database answers\n# TYPE freeflow_master_database_up gauge\nfreeflow_master_database_up 1\n';

interface MetricsOptions {
  /** With a connection that no request waits for, or takes. */
  db: PrismaClient;
  temporal: TemporalGateway;
  sweepIntervalMs: number;
}

/** What Prometheus scrapes: this process, and the facts of the installation while the master database answers. */
export const metricsRoutes: FastifyPluginCallbackZod<MetricsOptions> = (
  app,
  { db, temporal, sweepIntervalMs },
  done,
) => {
  const facts = installationFacts(db, temporal, sweepIntervalMs, app.log);
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['health'],
        summary: 'What is measured, for Prometheus: nothing of a tenant',
        response: {
          200: { description: 'Metrics', content: { 'text/plain': { schema: z.string(), example: EXAMPLE } } },
        },
      },
    },
    async (_request, reply) => {
      // In this order: whether they could be read is a metric of the process.
      const ofInstallation = await facts();
      const ofProcess = await renderMetrics('api');
      return reply.header('content-type', METRICS_TYPE).send(`${ofProcess}${ofInstallation}`);
    },
  );
  done();
};
