import type { FastifyInstance } from 'fastify';

/** A route as the API describes it in its OpenAPI document. */
export interface DescribedRoute {
  /** Its operationId; what it is called in the audit trail, where it needs a token. */
  action: string;
  method: string;
  /** With `{id}` and the like in it. */
  path: string;
  isSecured: boolean;
}

interface Document {
  paths: Record<string, Record<string, { operationId?: string; security?: unknown[] }>>;
}

/** Every route of an API that is described: a new one is among them without being named. */
export function describedRoutes(app: FastifyInstance): DescribedRoute[] {
  const { paths } = app.swagger() as unknown as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId = '', security }]) => ({
      action: operationId,
      method: method.toUpperCase(),
      path,
      isSecured: security !== undefined,
    })),
  );
}
