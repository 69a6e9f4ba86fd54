import { subscribe } from 'node:diagnostics_channel';
import { beginCall, type EndCall } from './calls';

interface Request {
  origin: string | URL;
  method: string;
  path: string;
}

interface Response {
  statusCode: number;
}

/** A segment that could be in the path of every tenant; all others are names and ids. */
const COMMON = /^(?!freeflow)[a-z][a-z._-]{0,30}$/;

/**
 * Makes a span of every HTTP request that is a call of something traced, until its answer has been read. Node's fetch
 * and every undici tell of them on the same channels
 * (https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md).
 */
export function watchRequests(): void {
  const open = new WeakMap<Request, { end: EndCall; status?: number }>();
  const end = (request: Request, failure?: string) => {
    const call = open.get(request);
    if (call === undefined) return;
    open.delete(request);
    const { status } = call;
    call.end(failure ?? (status !== undefined && status >= 500 ? String(status) : undefined), {
      ...addressOf(request),
      'http.request.method': request.method,
      'http.response.status_code': status,
    });
  };
  on<{ request: Request }>('create', ({ request }) => {
    const call = beginCall(`${request.method} ${patternOf(request.path)}`, {});
    if (call !== undefined) open.set(request, { end: call });
  });
  on<{ request: Request; response: Response }>('headers', ({ request, response }) => {
    const call = open.get(request);
    if (call !== undefined) call.status = response.statusCode;
  });
  on<{ request: Request }>('trailers', ({ request }) => end(request));
  on<{ request: Request; error: Error }>('error', ({ request, error }) => end(request, error.name));
}

function addressOf({ origin }: Request): Record<string, string | number> {
  const address = String(origin);
  // What a listener throws would end the process.
  if (!URL.canParse(address)) return {};
  const { hostname, port } = new URL(address);
  return { 'server.address': hostname, ...(port === '' ? {} : { 'server.port': Number(port) }) };
}

/** A path without its query, and without what differs from tenant to tenant. */
export const patternOf = (path: string): string =>
  path
    .replace(/[?#].*/s, '')
    .split('/')
    .map((it) => (it === '' || COMMON.test(it) ? it : '…'))
    .join('/');

const on = <Message>(event: string, listen: (message: Message) => void): void =>
  subscribe(`undici:request:${event}`, (message) => listen(message as Message));
