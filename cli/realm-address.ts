import { discoverIssuer, discoveryUrlOf, OAuthError } from '@freeflow/lib/oauth';
import { certificateFault } from '@freeflow/lib/pg';
import { reasonOf } from '../backends/provisioner/errors';
import { EXIT, Failure } from './failure';

/** Where a realm is. Its issuer may be another than its address suggests: realm (`frontendUrl`) and server (`hostname`) can set one. */
export interface RealmAddress {
  url: string;
  issuer?: string;
  tokenUrl?: string;
}

/**
 * Reads from the realm itself what its tokens say of where they come from.
 * @throws Failure where it doesn't tell
 */
export async function readRealmAddress(url: string, realm: string): Promise<RealmAddress> {
  const realmUrl = `${url}/realms/${encodeURIComponent(realm)}`;
  const { issuer, tokenUrl } = await discoverIssuer(realmUrl).catch((error: unknown) => {
    throw error instanceof OAuthError ? discoveryFailure(error, url, realm) : error;
  });
  return { url, issuer, tokenUrl };
}

function discoveryFailure(error: OAuthError, url: string, realm: string): Failure {
  if (error.status !== undefined)
    return new Failure(
      EXIT.refused,
      `Keycloak answers ${error.status} to ${discoveryUrlOf(`${url}/realms/${encodeURIComponent(realm)}`)}, without an issuer.`,
      'Check KEYCLOAK_TENANT_URL or KEYCLOAK_URL.',
      { cause: error },
    );
  const fault = certificateFault(error);
  const advice =
    fault === undefined
      ? 'Is it up, and is it reached from here by KEYCLOAK_TENANT_URL or KEYCLOAK_URL?'
      : 'Trust its issuer here (NODE_EXTRA_CA_CERTS), or correct the address.';
  return new Failure(
    EXIT.unreachable,
    `Keycloak at ${url} can't be asked for the issuer of realm ${realm}: ${fault ?? reasonOf(error.cause)}.`,
    advice,
    { cause: error },
  );
}
