import { z } from 'zod';
import { EXIT, Failure } from '../failure';
import { readSettings } from '../settings';

const TIMEOUT_MS = 10_000;

/**
 * A new access token for the API, by client credentials.
 * @throws Failure when the identity provider can't be reached or refuses
 */
export async function token(env: NodeJS.ProcessEnv): Promise<string> {
  const {
    FREEFLOW_TOKEN_URL: url,
    FREEFLOW_CLIENT_ID: id,
    FREEFLOW_CLIENT_SECRET: secret,
  } = readSettings(['FREEFLOW_TOKEN_URL', 'FREEFLOW_CLIENT_ID', 'FREEFLOW_CLIENT_SECRET'], env);
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Failure(
      EXIT.unreachable,
      `${url} does not answer.`,
      'Is the identity provider up? For the local stack: npm run stack:status',
      { cause: error },
    );
  });
  const answer = z.object({ access_token: z.string() }).safeParse(await response.json().catch(() => undefined));
  if (response.ok && answer.success) return answer.data.access_token;
  const exitCode = response.status >= 500 ? EXIT.unreachable : EXIT.refused;
  throw new Failure(
    exitCode,
    `${url} answers ${response.status} to client ${id}, without a token.`,
    'Check FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID and FREEFLOW_CLIENT_SECRET.',
  );
}
