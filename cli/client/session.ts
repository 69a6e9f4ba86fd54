import { VARIABLES, variablesSet } from '@freeflow/lib/config';
import { SharedToken } from '@freeflow/lib/oauth';
import { z } from 'zod';
import { apiClient, requestToken } from '../commands/token';
import { EXIT, Failure } from '../failure';
import { readOptions, readSettings } from '../settings';

/** A token is renewed this long before it runs out, in ms: it is still good when it arrives. */
const EARLY_MS = 30_000;

/** Where the API is, and how one is let in there. */
export interface Session {
  url: string;
  /** A token that is good now; another one than before with `renewed`, as far as it can be renewed. */
  token: (renewed?: boolean) => Promise<string>;
  isRenewable: boolean;
}

const { FREEFLOW_API_URL, FREEFLOW_TOKEN } = VARIABLES;
const way = z.object({ FREEFLOW_API_URL: FREEFLOW_API_URL.optional(), FREEFLOW_TOKEN: FREEFLOW_TOKEN.optional() });
const apiUrl = z.object({ FREEFLOW_API_URL });

/**
 * The API named by the environment, by a token or by client credentials, else the local stack's own.
 * @throws Failure naming what is missing
 */
export function openSession(env: NodeJS.ProcessEnv): Session {
  const { FREEFLOW_API_URL: given, FREEFLOW_TOKEN: token } = readOptions(way, env);
  if (given === undefined && token !== undefined)
    throw new Failure(
      EXIT.usage,
      'The environment has FREEFLOW_TOKEN, but not FREEFLOW_API_URL.',
      'Set it as well, or unset both to use the local stack.',
    );
  if (given !== undefined && token !== undefined)
    return { url: trimSlash(given), token: () => Promise.resolve(token), isRenewable: false };
  if (given !== undefined && variablesSet(apiClient, env).length === 0)
    throw new Failure(
      EXIT.usage,
      'The environment has FREEFLOW_API_URL, but no credentials for it.',
      `Set FREEFLOW_TOKEN, or ${Object.keys(apiClient.shape).join(', ')}.`,
    );
  const url = readSettings(apiUrl, env, ({ api }) => ({ FREEFLOW_API_URL: api.url })).FREEFLOW_API_URL;
  const shared = new SharedToken(() => requestToken(env), EARLY_MS);
  return {
    url: trimSlash(url),
    token: async (renewed = false) => (await (renewed ? shared.renew() : shared.get())).value,
    isRenewable: true,
  };
}

const trimSlash = (url: string) => url.replace(/\/$/, '');
