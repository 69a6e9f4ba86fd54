import type { FastifyInstance } from 'fastify';
import { buildApp } from '../../api/app';
import { readApiConfig } from '../../api/config';
import type { ApiBench } from './api-bench';

/** Another API at the same master database, as after a start anew, or beside the first one. */
export async function openApiAgain(
  { env }: Pick<ApiBench, 'env'>,
  changed: Record<string, string>,
): Promise<{ app: FastifyInstance; url: string; close: () => Promise<void> }> {
  const variables = { ...env, ...changed };
  const app = await buildApp(readApiConfig(variables), variables);
  return { app, url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() };
}
