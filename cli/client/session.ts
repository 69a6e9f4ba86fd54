import { VARIABLES, variablesSet } from '@freeflow/lib/config';
import { SharedToken } from '@freeflow/lib/oauth';
import { z } from 'zod';
import { apiClient, requestToken } from '../commands/token';
import { contextInUse, type SelectedContext } from '../contexts/select';
import { EARLY_MS, keptToken, tokensOf } from '../contexts/token';
import { EXIT, Failure } from '../failure';
import { readOptions, readSettings } from '../settings';

/** Where the API is, and how one is let in there. */
export interface Session {
  url: string;
  /** A token that is good now; another one than before with `renewed`, as far as it can be renewed. */
  token: (renewed?: boolean) => Promise<string>;
  isRenewable: boolean;
  /** Where it is from, for people. */
  source: string;
}

const { FREEFLOW_API_URL, FREEFLOW_TOKEN } = VARIABLES;
const way = z.object({ FREEFLOW_API_URL: FREEFLOW_API_URL.optional(), FREEFLOW_TOKEN: FREEFLOW_TOKEN.optional() });
const apiUrl = z.object({ FREEFLOW_API_URL });

/**
 * The API named by the environment, by a token or by client credentials; else the one of a context that a person has
 * logged in at; else the local stack's own. What is named comes before what is there: a stack by FREEFLOW_STACK_DIR
 * before the context in use.
 * @param canRenew whether the login of a person may be renewed, which must not be cut short
 * @throws Failure naming what is missing
 */
export function openSession(env: NodeJS.ProcessEnv, { canRenew = true } = {}): Session {
  const { FREEFLOW_API_URL: given, FREEFLOW_TOKEN: token } = readOptions(way, env);
  if (given === undefined && token !== undefined)
    throw new Failure(
      EXIT.usage,
      'The environment has FREEFLOW_TOKEN, but not FREEFLOW_API_URL.',
      'Set it as well, or unset both to use the local stack.',
    );
  if (given !== undefined && token !== undefined)
    return {
      url: trimSlash(given),
      token: () => Promise.resolve(token),
      isRenewable: false,
      source: 'FREEFLOW_TOKEN',
    };
  const hasClient = variablesSet(apiClient, env).length > 0;
  if (given !== undefined && !hasClient)
    throw new Failure(
      EXIT.usage,
      'The environment has FREEFLOW_API_URL, but no credentials for it.',
      `Set FREEFLOW_TOKEN, or ${Object.keys(apiClient.shape).join(', ')}.`,
    );
  const selected = given === undefined && !hasClient ? contextInUse(env) : undefined;
  return selected === undefined ? sessionOfClient(env) : sessionOf(env, selected, canRenew);
}

const sessionOf = (env: NodeJS.ProcessEnv, selected: SelectedContext, canRenew: boolean): Session => ({
  url: selected.context.apiUrl,
  token: canRenew ? tokensOf(env, selected) : async () => keptToken(selected),
  isRenewable: canRenew,
  source: `context ${selected.name}`,
});

function sessionOfClient(env: NodeJS.ProcessEnv): Session {
  const shared = new SharedToken(() => requestToken(env), EARLY_MS);
  return {
    url: trimSlash(readSettings(apiUrl, env, ({ api }) => ({ FREEFLOW_API_URL: api.url })).FREEFLOW_API_URL),
    token: async (renewed = false) => (await (renewed ? shared.renew() : shared.get())).value,
    isRenewable: true,
    source: variablesSet(apiClient, env).length > 0 ? 'FREEFLOW_CLIENT_ID' : 'the local stack',
  };
}

const trimSlash = (url: string) => url.replace(/\/$/, '');
