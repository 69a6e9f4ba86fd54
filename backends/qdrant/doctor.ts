import { randomBytes } from 'node:crypto';
import { secret, text } from '@freeflow/lib/config';
import { isSigningKey, SIGNING_KEY_BYTES } from '@freeflow/lib/secrets';
import { SignJWT } from 'jose';
import { fail, type Finding, type Group, ok, type Values } from '../doctor/check';
import { compareClocks, dateOf } from '../doctor/clock';
import { call, membersOf } from '../doctor/http';
import { type SupportedVersions, versionFinding } from '../doctor/versions';
import { qdrantAddress } from './provisioner/address';
import { VARIABLES } from './variables';

/** What the checks are made by. A key that is too short for the worker is a finding, not an error of the command. */
export const SETTINGS = { QDRANT_URL: VARIABLES.QDRANT_URL, QDRANT_API_KEY: secret(text('TEXT'), 'its API key') };
type Name = keyof typeof SETTINGS;

export const VERSIONS: SupportedVersions = {
  title: 'Qdrant',
  tested: ['1.16'],
  least: { version: '1.16', why: 'collections have no metadata there, which holds the ownership nonce' },
};

const BOTH: Name[] = ['QDRANT_URL', 'QDRANT_API_KEY'];
const REFUSALS = [401, 403];

/** The server of the tenants' collections. */
export const CHECKS: Group<Name> = {
  title: 'Qdrant',
  checks: [
    { name: 'qdrant.connection', needs: BOTH, after: [], run: checkConnection },
    {
      name: 'qdrant.key-length',
      needs: BOTH,
      after: ['qdrant.connection'],
      run: async (values) => checkKeyLength(values),
    },
    { name: 'qdrant.wrong-key', needs: BOTH, after: ['qdrant.connection'], run: checkWrongKey },
    { name: 'qdrant.rbac', needs: BOTH, after: ['qdrant.wrong-key'], run: checkRbac },
    {
      name: 'qdrant.version',
      needs: BOTH,
      after: ['qdrant.connection'],
      run: async (values) =>
        versionFinding(
          VERSIONS,
          String(
            (await membersOf(await call(`${addressOf(values)}/`, { 'api-key': values.QDRANT_API_KEY })))['version'],
          ),
        ),
    },
    {
      name: 'qdrant.clock',
      needs: BOTH,
      after: ['qdrant.connection'],
      run: (values) => compareClocks(async () => dateOf(await call(`${addressOf(values)}/`))),
    },
  ],
};

const addressOf = ({ QDRANT_URL: url }: Values<Name>): string => qdrantAddress(url);

/** Tenants hold tokens that are signed with it, and can try keys at home. */
function checkKeyLength({ QDRANT_API_KEY: key }: Values<Name>): Finding {
  const bytes = Buffer.byteLength(key);
  if (isSigningKey(key)) return ok(`${bytes} bytes`);
  return fail(
    `the API key has ${bytes} bytes: with a tenant's token it can be guessed`,
    `Set one of at least ${SIGNING_KEY_BYTES} bytes (openssl rand -base64 32), at the server as service.api_key and at the worker as QDRANT_API_KEY.`,
  );
}

const list = (values: Values<Name>, key: string): Promise<Response> =>
  call(`${addressOf(values)}/collections`, { 'api-key': key });

async function checkConnection(values: Values<Name>): Promise<Finding> {
  const { ok: isOk, status } = await list(values, values.QDRANT_API_KEY);
  if (isOk) return ok(`the API key is accepted at ${addressOf(values)}`);
  return fail(
    REFUSALS.includes(status) ? `the API key is refused (${status})` : `${addressOf(values)} answers ${status}`,
    'Check QDRANT_URL and QDRANT_API_KEY.',
  );
}

async function checkWrongKey(values: Values<Name>): Promise<Finding> {
  const { status } = await list(values, randomBytes(16).toString('hex'));
  return REFUSALS.includes(status)
    ? ok('refused')
    : fail(
        `a wrong API key is answered ${status}, not refused`,
        "Set the server's service.api_key (QDRANT__SERVICE__API_KEY).",
      );
}

/**
 * Tries a token for a collection that is not there, good for a minute: it sees nothing, where tokens are taken at all.
 */
async function checkRbac(values: Values<Name>): Promise<Finding> {
  const token = await new SignJWT({
    access: [{ collection: `freeflow_doctor_${randomBytes(8).toString('hex')}`, access: 'r' }],
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setExpirationTime('1m')
    .sign(new TextEncoder().encode(values.QDRANT_API_KEY));
  const response = await list(values, token);
  if (!response.ok)
    return fail(
      `a token of one collection is answered ${response.status}`,
      "Set the server's service.jwt_rbac (QDRANT__SERVICE__JWT_RBAC=true).",
    );
  const { result } = await membersOf(response);
  const isNarrow = JSON.stringify(result) === '{"collections":[]}';
  return isNarrow
    ? ok("a token's rights end with its collection")
    : fail(
        'a token of one collection sees others',
        "Set the server's service.jwt_rbac (QDRANT__SERVICE__JWT_RBAC=true).",
      );
}
