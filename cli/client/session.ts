import { SharedToken } from '@freeflow/lib/oauth';
import { requestToken } from '../commands/token';
import { EXIT, Failure } from '../failure';
import { HTTP, readSettings } from '../settings';

/** A token is renewed this long before it runs out, in ms: it is still good when it arrives. */
const EARLY_MS = 30_000;

/** Where the API is, and how one is let in there. */
export interface Session {
  url: string;
  /** A token that is good now; another one than before with `renewed`, as far as it can be renewed. */
  token: (renewed?: boolean) => Promise<string>;
  isRenewable: boolean;
}

const CLIENT = ['FREEFLOW_TOKEN_URL', 'FREEFLOW_CLIENT_ID', 'FREEFLOW_CLIENT_SECRET'] as const;

/**
 * The API named by the environment, by a token or by client credentials, else the local stack's own.
 * @throws Failure naming what is missing
 */
export function openSession(env: NodeJS.ProcessEnv): Session {
  const { FREEFLOW_API_URL: given = '', FREEFLOW_TOKEN: token = '' } = env;
  if (given === '' && token !== '')
    throw new Failure(
      EXIT.usage,
      'The environment has FREEFLOW_TOKEN, but not FREEFLOW_API_URL.',
      'Set it as well, or unset both to use the local stack.',
    );
  if (given !== '' && !HTTP.isFit(given))
    throw new Failure(
      EXIT.usage,
      `FREEFLOW_API_URL is not of the form ${HTTP.form}.`,
      'Its value is not repeated here: it may hold a secret.',
    );
  if (given !== '' && token !== '')
    return { url: trimmed(given), token: () => Promise.resolve(token), isRenewable: false };
  if (given !== '' && CLIENT.every((name) => (env[name] ?? '') === '')) {
    throw new Failure(
      EXIT.usage,
      'The environment has FREEFLOW_API_URL, but no way in there.',
      `Set FREEFLOW_TOKEN, or ${CLIENT.join(', ')}.`,
    );
  }
  const url = given === '' ? readSettings(['FREEFLOW_API_URL'], env).FREEFLOW_API_URL : given;
  const shared = new SharedToken(() => requestToken(env), EARLY_MS);
  return {
    url: trimmed(url),
    token: async (renewed = false) => (await (renewed ? shared.renew() : shared.get())).value,
    isRenewable: true,
  };
}

const trimmed = (url: string) => url.replace(/\/$/, '');
