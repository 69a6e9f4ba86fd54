import { PROBLEMS, type ProblemCode } from '@freeflow/contract';
import type { InputError, ProblemBody } from '@freeflow/contract/http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Problem } from '../errors';
import { InvalidInput, inputErrorsOf } from '../input-validation';
import { masterDatabaseProblem } from './master-problems';
import { REQUEST_ID_HEADER } from './request-id';
import { traceIdOfRequest } from './trace-requests';

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the problem that it is answered with; null where it is none. */
    problemCode: ProblemCode | null;
  }
}

/** Fastify's own refusals, and ours for them. */
const FASTIFY_CODES: Readonly<Record<string, { code: ProblemCode; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body-too-large', detail: 'The body has more than 64 KiB.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'media-type-unsupported', detail: 'This route takes application/json only.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'body-invalid', detail: 'The body is not JSON.' },
  FST_ERR_BAD_URL: { code: 'request-invalid', detail: 'The path is not valid percent-encoded UTF-8.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'request-invalid', detail: 'A segment of the path is longer than any id.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'body-invalid', detail: 'Content-Length and body differ in length.' },
};

/** Every failure leaves as `application/problem+json`; an unknown one reveals nothing of the inside. */
export const answerProblems = fastifyPlugin((app, _options, done) => {
  app.decorateRequest('problemCode', null);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error);
    const { status } = PROBLEMS[problem.code];
    if (status >= 500) request.log.error({ err: error, code: problem.code }, 'request failed');
    return send(problem, request, reply);
  });
  app.setNotFoundHandler((request, reply) =>
    send(
      new Problem('route-unknown', `${request.method} ${request.url.split('?')[0] ?? ''} is no route of this API.`),
      request,
      reply,
    ),
  );
  done();
});

/** Statuses that are never without a time after which to try again; in s where nothing else is known. */
const RETRY_LATER: readonly number[] = [429, 503];
export const RETRY_AFTER_S = '5';

function send(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  const { status } = PROBLEMS[problem.code];
  request.problemCode = problem.code;
  // Serialised here: a response schema must never turn one error into another.
  return reply
    .code(status)
    .headers({
      'content-type': PROBLEM_TYPE,
      // A framework's refusal comes before the hook that sets it.
      [REQUEST_ID_HEADER]: request.id,
      ...(RETRY_LATER.includes(status) ? { 'retry-after': RETRY_AFTER_S } : {}),
      ...problem.more.headers,
    })
    .serializer(JSON.stringify)
    .send(bodyOf(problem, request.id, traceIdOfRequest(request)));
}

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** A problem as it is answered. */
export function bodyOf({ code, detail, more }: Problem, requestId: string, traceId?: string): ProblemBody {
  const { status, title, advice } = PROBLEMS[code];
  return {
    type: `urn:freeflow:problem:${code}`,
    title,
    status,
    detail,
    code,
    advice,
    requestId,
    ...(traceId === undefined ? {} : { traceId }),
    ...(more.errors === undefined ? {} : { errors: more.errors }),
  };
}

/** Answers what Fastify refuses before any route, and so past its error handler. */
export const answerFrameworkError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void =>
  void send(problemOf(error), request, reply);

function problemOf(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof InvalidInput) return problemOfInput(error);
  const known = FASTIFY_CODES[error.code];
  if (known !== undefined) return new Problem(known.code, known.detail, placeOf(known));
  // JSON.parse's own error, and other refusals of Fastify about the form of a request.
  if (error.statusCode === 400)
    return new Problem('body-invalid', 'The body is not JSON.', { errors: [{ pointer: '', detail: 'is not JSON' }] });
  if (isRefusal(error))
    return new Problem(
      'request-invalid',
      `The request is refused (${error.code}).`,
      placeOf({ code: 'request-invalid', detail: error.message }),
    );
  return masterDatabaseProblem(error) ?? new Problem('internal', 'An unexpected error occurred; it was logged.');
}

/** Any other refusal of Fastify, in versions to come as well, is the fault of the request. */
const isRefusal = ({ code, statusCode = 500 }: FastifyError): boolean =>
  /^FST_/.test(code ?? '') && statusCode >= 400 && statusCode < 500;

function placeOf({ code, detail }: { code: ProblemCode; detail: string }): { errors?: InputError[] } {
  if (code === 'body-invalid') return { errors: [{ pointer: '', detail }] };
  return code === 'request-invalid' ? { errors: [{ parameter: 'path', detail }] } : {};
}

function problemOfInput(error: InvalidInput): Problem {
  const where = error.validationContext ?? 'body';
  const errors = inputErrorsOf(error);
  const detail = errors.map((it) => `${it.pointer ?? it.parameter ?? it.header ?? where}: ${it.detail}`).join('; ');
  return new Problem(where === 'body' ? 'body-invalid' : 'request-invalid', detail, { errors });
}
