import { httpUrl } from '@freeflow/lib/config';
import { discoverIssuer, discoveryUrlOf, OAuthError } from '@freeflow/lib/oauth';
import { certificateFault } from '@freeflow/lib/pg';
import { type ConnectResult, type ConnectTarget, defineConnect } from '../connect';
import { reasonOf } from '../provisioner/errors';
import { ADMIN_USER, appClientOf } from './realm';
import { VARIABLES } from './variables';

/** Well below what an attempt to reveal credentials may take: where it hangs, all else is handed out. */
const TIMEOUT_MS = 4_000;

/** How `freeflow tenants connect` prints a connection to Keycloak: the issuer is what the realm itself reports. */
export const CONNECT = defineConnect({
  settings: { KEYCLOAK_URL: VARIABLES.KEYCLOAK_URL },
  options: {
    KEYCLOAK_TENANT_URL: httpUrl().optional().describe('Keycloak as tenants reach it; unset: KEYCLOAK_URL'),
  },
  describe: (target, { KEYCLOAK_URL }, { KEYCLOAK_TENANT_URL = KEYCLOAK_URL }) =>
    describeRealm(KEYCLOAK_TENANT_URL.replace(/\/+$/, ''), target),
  tryOut: ({
    url,
    realm,
    tokenUrl = `${url}/realms/${realm}/protocol/openid-connect/token`,
    clientId,
    clientSecret,
  }) => [
    'curl',
    '-sS',
    tokenUrl,
    '-d',
    'grant_type=client_credentials',
    '-d',
    `client_id=${clientId}`,
    '-d',
    `client_secret=${clientSecret}`,
  ],
});

/** Its issuer may be another than its address suggests: realm (`frontendUrl`) and server (`hostname`) can set one. */
async function describeRealm(
  url: string,
  { resource: realm, secrets, credential }: ConnectTarget,
): Promise<ConnectResult> {
  const address = `${url}/realms/${encodeURIComponent(realm)}`;
  const found = await discoverIssuer(address, { timeoutMs: TIMEOUT_MS }).catch((error: unknown) => {
    if (error instanceof OAuthError) return error;
    throw error;
  });
  const isLacking = found instanceof OAuthError;
  const { issuer, tokenUrl } = isLacking ? {} : found;
  const fields = {
    url,
    realm,
    issuer,
    tokenUrl,
    clientId: appClientOf(credential),
    adminConsole: `${url}/admin/${realm}/console/`,
    adminUsername: ADMIN_USER,
    clientSecret: secrets.get('client-secret'),
    adminPassword: secrets.get('admin-password'),
  };
  return isLacking ? { fields, lacking: { what: 'issuer', ...explain(found, url, realm) } } : { fields };
}

function explain(error: OAuthError, url: string, realm: string) {
  if (error.status !== undefined)
    return {
      isUnreachable: false,
      message: `Keycloak answers ${error.status}${error.code === 'redirected' ? ` (${error.reason})` : ''} to ${discoveryUrlOf(`${url}/realms/${encodeURIComponent(realm)}`)}, without an issuer.`,
      advice: 'Check KEYCLOAK_TENANT_URL or KEYCLOAK_URL.',
    };
  const fault = certificateFault(error);
  return {
    isUnreachable: true,
    message: `Keycloak at ${url} does not answer with the issuer of realm ${realm}: ${fault ?? reasonOf(error.cause)}.`,
    advice:
      fault === undefined
        ? 'Is it up, and is it reached from here by KEYCLOAK_TENANT_URL or KEYCLOAK_URL?'
        : 'Trust its issuer here (NODE_EXTRA_CA_CERTS), or correct the address.',
  };
}
