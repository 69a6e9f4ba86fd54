import { VARIABLES, variablesSet } from '@freeflow/lib/config';
import { grantClientCredentials, OAuthError, type AccessToken } from '@freeflow/lib/oauth';
import { z } from 'zod';
import { contextInUse } from '../contexts/select';
import { tokensOf } from '../contexts/token';
import { EXIT, Failure, unanswered } from '../failure';
import { readSettings } from '../settings';

const { FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET } = VARIABLES;
/** The client by which the command line is let in at the API. */
export const apiClient = z.object({ FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET });

/**
 * A new access token for the API, by client credentials.
 * @throws Failure when the identity provider can't be reached or refuses
 */
export async function requestToken(env: NodeJS.ProcessEnv): Promise<AccessToken> {
  const {
    FREEFLOW_TOKEN_URL: tokenUrl,
    FREEFLOW_CLIENT_ID: clientId,
    FREEFLOW_CLIENT_SECRET: clientSecret,
  } = readSettings(apiClient, env, ({ auth }) => ({
    FREEFLOW_TOKEN_URL: auth.tokenUrl,
    FREEFLOW_CLIENT_ID: auth.clientId,
    FREEFLOW_CLIENT_SECRET: auth.clientSecret,
  }));
  try {
    return await grantClientCredentials({ tokenUrl, clientId, clientSecret, secretBy: 'form' });
  } catch (error) {
    throw error instanceof OAuthError ? failureOf(error, tokenUrl, clientId) : error;
  }
}

/** A token for the API that the other commands call: of the context in use, else by client credentials. */
export async function token(env: NodeJS.ProcessEnv): Promise<string> {
  const selected = variablesSet(apiClient, env).length > 0 ? undefined : contextInUse(env);
  return selected === undefined ? (await requestToken(env)).value : tokensOf(env, selected)();
}

function failureOf(error: OAuthError, tokenUrl: string, clientId: string): Failure {
  const { status } = error;
  if (status === undefined) return unanswered(tokenUrl, 'identity provider', error);
  if (error.code === 'redirected')
    return new Failure(
      EXIT.refused,
      `${tokenUrl} ${error.reason}.`,
      'Set FREEFLOW_TOKEN_URL to the address that answers itself. The client secret was sent to no other.',
      { cause: error },
    );
  return new Failure(
    status >= 500 ? EXIT.unreachable : EXIT.refused,
    `${tokenUrl} answers ${status} to client ${clientId}, without a token.`,
    'Check FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID and FREEFLOW_CLIENT_SECRET.',
    { cause: error },
  );
}
