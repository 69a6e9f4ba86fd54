import { subscribe } from 'node:diagnostics_channel';
import type { SpanRecorder } from './recorder';

interface Request {
  origin: string;
  method: string;
  path: string;
}

/**
 * Notes every HTTP request to these servers, until its answer has been read. Node's fetch and the undici of the Qdrant
 * client tell of them on the same channels
 * (https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md).
 * @param servers their origins
 */
export function watchRequests(recorder: SpanRecorder, servers: Readonly<Record<'keycloak' | 'qdrant', string>>): void {
  const open = new WeakMap<Request, () => void>();
  const end = (message: unknown) => {
    const { request } = message as { request: Request };
    open.get(request)?.();
    open.delete(request);
  };
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: Request };
    for (const server of ['keycloak', 'qdrant'] as const)
      if (request.origin === servers[server]) open.set(request, recorder.begin(server, labelOf(request)));
  });
  subscribe('undici:request:trailers', end);
  subscribe('undici:request:error', end);
}

/** Without what differs from tenant to tenant: names and ids. */
export const labelOf = ({ method, path }: Pick<Request, 'method' | 'path'>): string =>
  `${method} ${path
    .replace(/\?.*/, '')
    .replaceAll(/freeflow[-_](bench|pool)[\w-]*/g, '…')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '…')}`;
