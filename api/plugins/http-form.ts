import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { PROBLEMS } from '@freeflow/contract';
import fastifyPlugin from 'fastify-plugin';
import { Problem } from '../errors';
import { bodyOf, PROBLEM_TYPE } from './problems';
import { REQUEST_ID_HEADER } from './request-id';

/** A JSON Merge Patch is JSON by the name that RFC 7396 gives it. */
const JSON_TYPES = ['application/json', 'application/merge-patch+json'];

/**
 * Takes JSON in UTF-8 alone, as RFC 8259 demands: other bytes would be stored as other characters than were sent.
 * An empty body is no body, of any media type: many clients send the header with every request.
 */
export const readJsonStrictly = fastifyPlugin((app, _options, done) => {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, (request, body, parsed) => {
    if (body.length === 0) return parsed(null, undefined);
    if (typeof body === 'string' || isUtf8(body)) return parse(request, body.toString(), parsed);
    return parsed(
      new Problem('body-invalid', 'The body is not UTF-8.', { errors: [{ pointer: '', detail: 'is not UTF-8' }] }),
    );
  });
  done();
});

/** Answers what Node's HTTP parser refuses before there is a request, as a problem like any other. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const problem = problemOf(error.code);
  const requestId = randomUUID();
  const body = JSON.stringify(bodyOf(problem, requestId));
  const { status, title } = PROBLEMS[problem.code];
  if (socket.writable)
    socket.write(
      `HTTP/1.1 ${status} ${title}\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${REQUEST_ID_HEADER}: ${requestId}\r\nconnection: close\r\n\r\n${body}`,
    );
  socket.destroy(error);
}

function problemOf(code = 'unknown'): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('request-timeout', 'Headers and body did not arrive in time.');
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('headers-too-large', 'The headers have more than 16 KiB.');
  return new Problem('http-invalid', `The request can not be parsed (${code}).`);
}
