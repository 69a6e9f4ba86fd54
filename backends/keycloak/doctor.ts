import { decodeJwt } from 'jose';
import { type Check, fail, faults, type Finding, type Group, ok, notChecked, type Values, warn } from '../doctor/check';
import { compareClocks, inSeconds } from '../doctor/clock';
import { baseOf, call } from '../doctor/http';
import { type SupportedVersions, versionFinding } from '../doctor/versions';
import { OWNER_CLIENT } from './provisioner';
import { type Account, adminBy, keycloakProblem, keycloakToken, statusOf } from './provisioner/admin';
import { VARIABLES } from './variables';

/** What the checks are made by. */
export const SETTINGS = {
  KEYCLOAK_URL: VARIABLES.KEYCLOAK_URL,
  KEYCLOAK_REALM: VARIABLES.KEYCLOAK_REALM,
  KEYCLOAK_CLIENT_ID: VARIABLES.KEYCLOAK_CLIENT_ID,
  KEYCLOAK_CLIENT_SECRET: VARIABLES.KEYCLOAK_CLIENT_SECRET,
  ...OWNER_CLIENT,
};
type Name = keyof typeof SETTINGS;

export const VERSIONS: SupportedVersions = { title: 'Keycloak', tested: ['26.7'] };
const SET_UP = 'Set KEYCLOAK_OWNER_CLIENT_ID and KEYCLOAK_OWNER_CLIENT_SECRET and repeat: freeflow setup backends';
/** Far below what the headers of a request may have; one that names roles grows by each realm. */
const TOKEN_MAX_BYTES = 4_096;
/** The version comes with all that Keycloak knows of itself, which it gathers anew: seconds, where it is busy. */
const VERSION_LIMIT_MS = 60_000;

/** What is looked at as the worker's client. */
const check = (
  what: string,
  after: string,
  run: (account: Required<Account>, token: string) => Promise<Finding>,
): Check<Name> => ({
  name: `keycloak.${what}`,
  needs: ['KEYCLOAK_URL', 'KEYCLOAK_CLIENT_ID', 'KEYCLOAK_CLIENT_SECRET'],
  after: [`keycloak.${after}`],
  run: async (values) => {
    try {
      const account = accountOf(values);
      return await run(account, await keycloakToken(account));
    } catch (error) {
      throw keycloakProblem(error);
    }
  },
});

/** The server of the tenants' realms. */
export const CHECKS: Group<Name> = {
  title: 'Keycloak',
  checks: [
    {
      name: 'keycloak.connection',
      needs: ['KEYCLOAK_URL'],
      after: [],
      run: (values) => checkConnection(accountOf(values)),
    },
    check('login', 'connection', async ({ clientId, realm }) => ok(`client ${clientId} of realm ${realm}`)),
    check('token', 'login', checkTokenSize),
    check('account', 'login', checkAccountName),
    check('create-realm', 'login', checkCreateRealm),
    check('no-admin', 'login', checkNotAdmin),
    {
      name: 'keycloak.version',
      needs: ['KEYCLOAK_URL', 'KEYCLOAK_OWNER_CLIENT_ID', 'KEYCLOAK_OWNER_CLIENT_SECRET'],
      after: ['keycloak.connection'],
      limitMs: VERSION_LIMIT_MS,
      run: checkVersion,
    },
    check('clock', 'login', (account) =>
      compareClocks(async () => inSeconds(decodeJwt(await keycloakToken(account)).iat)),
    ),
  ],
};

const accountOf = (it: Values<Name>): Required<Account> => ({
  url: baseOf(it.KEYCLOAK_URL),
  realm: it.KEYCLOAK_REALM,
  clientId: it.KEYCLOAK_CLIENT_ID,
  clientSecret: it.KEYCLOAK_CLIENT_SECRET,
});

async function checkConnection({ url, realm }: Account): Promise<Finding> {
  const { ok: isOk, status } = await call(`${url}/realms/${realm}`);
  return isOk
    ? ok(`realm ${realm} at ${url}`)
    : fail(`${url} answers ${status} to realm ${realm}`, 'Check KEYCLOAK_URL and KEYCLOAK_REALM.');
}

async function checkTokenSize(_account: Account, token: string): Promise<Finding> {
  const named = ['realm_access', 'resource_access'].filter((claim) => decodeJwt(token)[claim] !== undefined);
  const wrong = [
    ...named.map((claim) => `its token has the claim ${claim}, and grows by each realm`),
    ...(token.length > TOKEN_MAX_BYTES ? [`its token has ${token.length} bytes`] : []),
  ];
  return faults(wrong, SET_UP, `${token.length} bytes, and names no roles`);
}

/** The worker distinguishes this server from another by the account that a token names. */
async function checkAccountName({ clientId }: Account, token: string): Promise<Finding> {
  if (typeof decodeJwt(token).sub === 'string') return ok('its token names its account');
  return warn(
    `the tokens of client ${clientId} have no claim sub: the worker requests an ID token each time it starts`,
    `Give the client the client scope basic.`,
  );
}

/** Posts a realm without a name: an account that may create realms gets 400 for the missing name, any other 403. */
async function checkCreateRealm({ url }: Account, token: string): Promise<Finding> {
  const status = await answerTo(adminBy(url, token).realms.create({}));
  if (status === 403) return fail('may not create realms', SET_UP);
  return status === 400
    ? ok('may create realms')
    : fail(`Keycloak answers ${status} to a realm without a name`, 'Check the log of Keycloak.');
}

/** An administrator of the realm could see its users. */
async function checkNotAdmin({ url, realm }: Required<Account>, token: string): Promise<Finding> {
  const status = await answerTo(adminBy(url, token).users.find({ realm, max: 1 }));
  return status === 403
    ? ok(`administers nothing of realm ${realm}`)
    : fail(`it may see the users of realm ${realm}: it is an administrator`, SET_UP);
}

const answerTo = (call: Promise<unknown>): Promise<number> =>
  call.then(
    () => 200,
    (error: unknown) => {
      const status = statusOf(error);
      if (status === undefined) throw error;
      return status;
    },
  );

/** Keycloak shows its version to administrators only. */
async function checkVersion(values: Values<Name>): Promise<Finding> {
  const { KEYCLOAK_OWNER_CLIENT_ID: clientId, KEYCLOAK_OWNER_CLIENT_SECRET: clientSecret } = values;
  const account = { ...accountOf(values), clientId, clientSecret };
  const token = await keycloakToken(account).catch((error: unknown) => {
    throw keycloakProblem(error);
  });
  const { systemInfo } = await adminBy(account.url, token)
    .serverInfo.find()
    .catch((error: unknown) => {
      if (statusOf(error) === undefined) throw error;
      return { systemInfo: undefined };
    });
  const found = systemInfo?.version;
  return found === undefined
    ? notChecked(`client ${clientId} may not read the version`)
    : versionFinding(VERSIONS, found);
}
