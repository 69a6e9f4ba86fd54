import { certificateFault } from '@freeflow/lib/pg';
import { z } from 'zod';
import { reasonOf } from '../backends/provisioner/errors';
import { EXIT, Failure } from './failure';

const TIMEOUT_MS = 10_000;
const discovery = z.object({ issuer: z.string(), token_endpoint: z.string() });

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
  const document = `${url}/realms/${encodeURIComponent(realm)}/.well-known/openid-configuration`;
  const response = await fetch(document, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: unknown) => {
    const fault = certificateFault(error);
    const advice =
      fault === undefined
        ? 'Is it up, and is it reached from here by KEYCLOAK_TENANT_URL or KEYCLOAK_URL?'
        : 'Trust its issuer here (NODE_EXTRA_CA_CERTS), or correct the address.';
    throw new Failure(
      EXIT.unreachable,
      `Keycloak at ${url} can't be asked for the issuer of realm ${realm}: ${fault ?? reasonOf(error)}.`,
      advice,
      { cause: error },
    );
  });
  const found = discovery.safeParse(await response.json().catch(() => undefined));
  if (!response.ok || !found.success)
    throw new Failure(
      EXIT.refused,
      `Keycloak answers ${response.status} to ${document}, without an issuer.`,
      'Check KEYCLOAK_TENANT_URL or KEYCLOAK_URL.',
    );
  return { url, issuer: found.data.issuer, tokenUrl: found.data.token_endpoint };
}
