import { z } from 'zod';
import { EXIT, Failure } from '../failure';

const TIMEOUT_MS = 10_000;
const metadataSchema = z.object({ resource: z.url(), authorization_servers: z.array(z.url()).min(1) });

/**
 * Who issues the tokens that an API takes, as it says itself (RFC 9728).
 * @throws Failure where it does not answer, does not say, or speaks for another address (RFC 9728, section 3.3; the
 * scheme may be another behind a proxy that ends TLS)
 */
export async function discoverIssuerOf(apiUrl: string): Promise<string> {
  const response = await fetch(`${apiUrl}/.well-known/oauth-protected-resource`, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Failure(
      EXIT.unreachable,
      `${apiUrl} does not answer.`,
      'Check that the API is up, or name another one by --api. For the local stack: npm run stack:status',
      { cause: error },
    );
  });
  const { success, data } = metadataSchema.safeParse(await response.json().catch(() => undefined));
  const isOfThis = success && new URL(data.resource).host === new URL(apiUrl).host;
  const [issuer] = isOfThis ? data.authorization_servers : [];
  if (issuer === undefined)
    throw new Failure(
      EXIT.refused,
      `${apiUrl} does not say who issues its tokens${success && !isOfThis ? ', but whose are those of another address' : ''}.`,
      'Name the issuer by --issuer, and check that this is the API of FreeFlow.',
    );
  return issuer;
}
