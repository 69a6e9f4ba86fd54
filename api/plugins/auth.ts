import { plainText } from '@freeflow/contract/http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { ApiConfig } from '../config';
import { Problem } from '../errors';
import { keepIssuerKeys } from './issuer-keys';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks: the token's subject. Set on every route behind the token. */
    principal: string;
  }
}

/** What every route demands. Nothing implies it: neither `*` nor `system:x`. */
const REQUIRED_PERMISSION = 'system:*';
const CLOCK_TOLERANCE_S = 5;

/** Lets only requests through whose token is from our issuer, for us, and carries the permission. */
export function requirePermission(app: FastifyInstance, config: ApiConfig): void {
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
  app.decorateRequest('principal', '');
  app.addHook('onRequest', async (request) => {
    const payload = await verify(bearerOf(request)).catch((error: unknown) => {
      throw refusalOf(error);
    });
    if (!permissionsOf(payload, config.AUTH_PERMISSIONS_CLAIM).includes(REQUIRED_PERMISSION)) {
      throw new Problem(
        'forbidden',
        `The token's claim "${config.AUTH_PERMISSIONS_CLAIM}" does not hold ${REQUIRED_PERMISSION}.`,
      );
    }
    request.principal = subjectOf(payload);
  });
}

function bearerOf({ headers }: FastifyRequest): string {
  const [, token] = /^Bearer +([^\s]+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) throw unauthenticated('There is no bearer token in the Authorization header.', 'Bearer');
  return token;
}

/** Kept with all that its bearer does. Another type than text would make one principal of many. */
function subjectOf({ sub }: JWTPayload): string {
  const { success, data } = plainText(1, 255).safeParse(sub);
  if (!success)
    throw invalidToken('The token\'s claim "sub" is not a text of 1 to 255 characters without control characters.');
  return data;
}

const permissions = z.union([z.array(z.unknown()), z.string().transform((it) => it.split(' '))]);

function permissionsOf(payload: JWTPayload, claim: string): unknown[] {
  const { success, data } = permissions.safeParse(payload[claim]);
  return success ? data : [];
}

/** What is wrong with the token, told apart from keys that can't be had: then no token can be judged at all. */
function refusalOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof errors.JWTExpired) return invalidToken('The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed)
    return invalidToken(`The token's claim "${error.claim}" is not as it must be.`);
  if (error instanceof errors.JOSEAlgNotAllowed)
    return invalidToken('The token is signed by an algorithm that is not allowed here.');
  if (error instanceof errors.JWKSNoMatchingKey)
    return invalidToken('The token is signed by a key that the issuer does not publish.');
  if (TOKEN_FAULTS.some((fault) => error instanceof fault)) return invalidToken('The token is not valid.');
  return new Problem(
    'identity-provider-unavailable',
    'The keys of the token issuer can not be fetched at the moment.',
    { cause: error, headers: { 'retry-after': '5' } },
  );
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
