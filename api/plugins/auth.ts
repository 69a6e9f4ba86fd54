import { plainText } from '@freeflow/contract/http';
import type { FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { ApiConfig } from '../config';
import { Problem } from '../errors';
import { keepIssuerKeys } from './issuer-keys';

declare module 'fastify' {
  interface FastifyRequest {
    /** The token's subject. Set on every route that needs a token. */
    principal: string;
    /** How its token names it; null where it does not. */
    principalName: string | null;
    /** Until when its token lets it through; milliseconds since 1970. */
    tokenExpiresAt: number;
  }
}

/** Every route needs it. Nothing implies it: neither `*` nor `system:x`. */
const REQUIRED_PERMISSION = 'system:*';
/** The methods that change nothing, for which a permission to read is enough where one is configured. */
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const CLOCK_TOLERANCE_S = 5;

type AuthConfig = Pick<
  ApiConfig,
  | 'AUTH_ISSUER'
  | 'AUTH_AUDIENCE'
  | 'AUTH_JWKS_URL'
  | 'AUTH_JWKS_REFRESH_MS'
  | 'AUTH_ALGORITHMS'
  | 'AUTH_PERMISSIONS_CLAIM'
  | 'AUTH_READ_PERMISSION'
>;

/** Lets a request through only with a token of our issuer, for our audience, that carries the permission. */
export const requirePermission = fastifyPlugin<AuthConfig>((app, config, done) => {
  const keys = keepIssuerKeys(config.AUTH_JWKS_URL, config.AUTH_JWKS_REFRESH_MS);
  app.addHook('onClose', async () => keys.close());
  const verify = async (token: string): Promise<JWTPayload> => {
    const { payload } = await jwtVerify(token, keys.find, {
      issuer: config.AUTH_ISSUER,
      audience: config.AUTH_AUDIENCE,
      algorithms: config.AUTH_ALGORITHMS,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_S,
    });
    return payload;
  };
  const authenticate = async (request: FastifyRequest): Promise<{ payload: JWTPayload; principal: string }> => {
    try {
      const payload = await verify(bearerOf(request));
      return { payload, principal: subjectOf(payload) };
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === 'unauthenticated') await app.countUnknown(request, problem);
      throw problem;
    }
  };
  app.decorateRequest('principal', '');
  app.decorateRequest('principalName', null);
  app.decorateRequest('tokenExpiresAt', 0);
  app.addHook('onRequest', async (request, reply) => {
    const { payload, principal } = await authenticate(request);
    // Before anything is decided: also who is refused is to be named.
    request.principal = principal;
    request.principalName = nameOf(payload);
    request.tokenExpiresAt = expiryOf(payload);
    await app.countKnown(request, reply);
    const held = permissionsOf(payload, config.AUTH_PERMISSIONS_CLAIM);
    if (sufficientAt(request, config).some((it) => held.includes(it))) return;
    throw new Problem(
      'forbidden',
      `Token claim "${config.AUTH_PERMISSIONS_CLAIM}" does not contain ${REQUIRED_PERMISSION}.`,
    );
  });
  done();
});

/** Each of these is enough for a request. */
const sufficientAt = (
  { method }: Pick<FastifyRequest, 'method'>,
  { AUTH_READ_PERMISSION: read }: Pick<AuthConfig, 'AUTH_READ_PERMISSION'>,
): string[] => [REQUIRED_PERMISSION, ...(read !== undefined && READING.has(method) ? [read] : [])];

/** `exp` is required, and was checked. */
const expiryOf = ({ exp = 0 }: JWTPayload): number => (exp + CLOCK_TOLERANCE_S) * 1_000;

function bearerOf({ headers }: FastifyRequest): string {
  const [, token] = /^Bearer +([^\s]+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) throw unauthenticated('The Authorization header has no bearer token.', 'Bearer');
  return token;
}

/** Recorded with everything its bearer does. A type other than string could make one principal of many. */
function subjectOf({ sub }: JWTPayload): string {
  const { success, data } = plainText(1, 255).safeParse(sub);
  if (!success)
    throw invalidToken('Token claim "sub" is not a string of 1 to 255 characters without control or invisible ones.');
  return data;
}

/** The claims by which issuers name a person or a client, the most telling first. */
const NAME_CLAIMS = ['preferred_username', 'client_id', 'azp', 'name'];

function nameOf(payload: JWTPayload): string | null {
  const names = NAME_CLAIMS.map((claim) => plainText(1, 255).safeParse(payload[claim]));
  return names.find(({ success }) => success)?.data ?? null;
}

const permissions = z.union([z.array(z.unknown()), z.string().transform((it) => it.split(' '))]);

function permissionsOf(payload: JWTPayload, claim: string): unknown[] {
  const { success, data } = permissions.safeParse(payload[claim]);
  return success ? data : [];
}

/** A fault of the token, or of the keys: without keys no token can be verified. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof errors.JWTExpired) return invalidToken('The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed)
    return invalidToken(`Token claim "${error.claim}" is missing or has an unexpected value.`);
  if (error instanceof errors.JOSEAlgNotAllowed)
    return invalidToken('The token is signed by an algorithm that this API does not allow.');
  if (error instanceof errors.JWKSNoMatchingKey)
    return invalidToken('The token is signed by a key that its issuer does not publish.');
  if (TOKEN_FAULTS.some((fault) => error instanceof fault)) return invalidToken('The token is not valid.');
  return new Problem('identity-provider-unavailable', 'The token issuer does not answer, or publishes no keys.', {
    cause: error,
    headers: { 'retry-after': '5' },
  });
}

const TOKEN_FAULTS = [
  errors.JWSSignatureVerificationFailed,
  errors.JWSInvalid,
  errors.JWTInvalid,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
];

const unauthenticated = (detail: string, challenge: string) =>
  new Problem('unauthenticated', detail, { headers: { 'www-authenticate': challenge } });
const invalidToken = (detail: string) => unauthenticated(detail, 'Bearer error="invalid_token"');
