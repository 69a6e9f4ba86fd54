import { isCutConnection } from '@freeflow/db-master';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { CATALOGUE, Problem, type InputError, type ProblemCode } from '../errors';
import type { ProblemBody } from '../schemas/problem';

/** Fastify's own refusals, and ours for them. */
const FASTIFY_CODES: Readonly<Record<string, { code: ProblemCode; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body-too-large', detail: 'The body has more than 64 KiB.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'media-type-unsupported', detail: 'This route takes application/json only.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'body-invalid', detail: 'The body is empty.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'body-invalid', detail: 'The body is not JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'body-invalid', detail: 'Content-Length and body differ.' },
};

/** Every failure leaves as `application/problem+json`; what isn't known here tells nothing of the inside. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error);
    const { status } = CATALOGUE[problem.code];
    if (status >= 500) request.log.error({ err: error, code: problem.code }, 'request failed');
    return send(problem, request, reply);
  });
  app.setNotFoundHandler((request, reply) => send(new Problem('route-unknown', `There is no ${request.method} ${request.url.split('?')[0] ?? ''}.`), request, reply));
}

function send({ code, detail, more }: Problem, request: FastifyRequest, reply: FastifyReply) {
  const { status, title, advice } = CATALOGUE[code];
  const body: ProblemBody = { type: `urn:freeflow:problem:${code}`, title, status, detail, code, advice, requestId: request.id, ...(more.errors === undefined ? {} : { errors: more.errors }) };
  // Serialised here: a response schema must never turn one error into another.
  return reply.code(status).headers({ 'content-type': 'application/problem+json; charset=utf-8', ...more.headers }).serializer(JSON.stringify).send(body);
}

function problemOf(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error);
  const known = FASTIFY_CODES[error.code];
  if (known !== undefined) return new Problem(known.code, known.detail, known.code === 'body-invalid' ? { errors: [{ pointer: '', detail: known.detail }] } : {});
  // JSON.parse's own error, and whatever else fastify finds wrong with a request's form.
  if (error.statusCode === 400) return new Problem('body-invalid', 'The body is not JSON.', { errors: [{ pointer: '', detail: 'is not JSON' }] });
  if (isMasterDatabaseFault(error)) return new Problem('master-database-unavailable', 'The master database does not answer.', { headers: { 'retry-after': '5' } });
  return new Problem('internal', 'An unexpected error occurred; it was logged.');
}

interface Issue { instancePath: string; keyword: string; message?: string | undefined; params?: Record<string, unknown> | undefined }

function invalid(error: { validation: Issue[]; validationContext?: string | undefined }): Problem {
  const where = error.validationContext ?? 'body';
  const errors = error.validation.flatMap((issue) => pathsOf(issue).map((path) => inputError(where, path, detailOf(issue))));
  const code = where === 'body' ? 'body-invalid' : 'request-invalid';
  return new Problem(code, errors.map((it) => `${it.pointer ?? it.parameter ?? it.header ?? where}: ${it.detail}`).join('; '), { errors });
}

/** A member too many is pointed at itself, not at the object that holds it. */
function pathsOf({ instancePath, keyword, params }: Issue): string[] {
  const base = instancePath === '/' ? '' : instancePath;
  const keys = keyword === 'unrecognized_keys' && Array.isArray(params?.['keys']) ? (params['keys'] as string[]) : undefined;
  return keys === undefined ? [base] : keys.map((key) => `${base}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

function detailOf({ keyword, message, params }: Issue): string {
  if (keyword === 'unrecognized_keys') return 'is not known here';
  if (keyword === 'invalid_type' && params?.['input'] === undefined && /received undefined/.test(message ?? '')) return 'is missing';
  return message ?? 'is wrong';
}

function inputError(where: string, path: string, detail: string): InputError {
  if (where === 'body') return { pointer: path, detail };
  const name = path.slice(1);
  return where === 'headers' ? { header: name, detail } : { parameter: name, detail };
}

/** Prisma's and the driver's words for a server that is away, starting, full, or that cut the connection. */
function isMasterDatabaseFault(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'PrismaClientInitializationError' || name === 'PrismaClientRustPanicError') return true;
  if (name === 'DriverAdapterError' || isCutConnection(error)) return true;
  if (name !== 'PrismaClientKnownRequestError' && name !== 'PrismaClientUnknownRequestError') return /^(ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH)/.test(code ?? '');
  return /^P(1\d\d\d|2024|2028|2034|2037)$/.test(code ?? '') || /terminat|ECONN|timeout|closed|recovery|starting up|shutting down/i.test((error as Error).message);
}
