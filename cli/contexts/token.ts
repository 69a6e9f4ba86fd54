import { isRefusedBy, OAuthError, refreshTokens, type UserTokens } from '@freeflow/lib/oauth';
import { EXIT, Failure } from '../failure';
import { loginFailure } from './login-failure';
import type { SelectedContext } from './select';
import { keepContext, readContexts, type Context } from './store';

/** A token is renewed this long before it runs out, in ms: it is still good when it arrives. */
export const EARLY_MS = 30_000;
const DEFAULT_LIFETIME_MS = 60_000;

/** What is kept of the tokens that a login, or its renewal, has given. */
export const keptTokens = ({ value, lifetimeMs = DEFAULT_LIFETIME_MS, refreshToken }: UserTokens) => ({
  accessToken: value,
  expiresAt: new Date(Date.now() + lifetimeMs).toISOString(),
  ...(refreshToken === undefined ? {} : { refreshToken }),
});

/**
 * Gives access tokens of a login that are good now, renewed where they are not, or where another one than the last is
 * requested.
 * @throws Failure where the login is over, or the issuer does not answer
 */
export function tokensOf(env: NodeJS.ProcessEnv, { name, context }: SelectedContext) {
  let last: string | undefined;
  return async (renewed = false): Promise<string> => {
    // Another command may have renewed it meanwhile.
    const kept = readContexts(env).contexts[name] ?? context;
    const isGood = Date.parse(kept.expiresAt) - EARLY_MS > Date.now() && !(renewed && kept.accessToken === last);
    last = isGood ? kept.accessToken : await renew(env, name, kept);
    return last;
  };
}

async function renew(env: NodeJS.ProcessEnv, name: string, kept: Context): Promise<string> {
  if (kept.refreshToken === undefined) throw isOver(name, kept);
  try {
    const tokens = await refreshTokens(kept, kept.refreshToken);
    keepContext(env, name, { ...kept, ...keptTokens(tokens) });
    return tokens.value;
  } catch (error) {
    // Of two commands that renew at once an issuer that lets each refresh token be used once refuses the slower one.
    const now = readContexts(env).contexts[name];
    if (now !== undefined && now.accessToken !== kept.accessToken) return now.accessToken;
    if (isRefusedBy(error, 'invalid_grant')) throw isOver(name, kept, error);
    throw error instanceof OAuthError ? loginFailure(error, kept.issuer) : error;
  }
}

const isOver = (name: string, { apiUrl }: Context, cause?: unknown): Failure =>
  new Failure(EXIT.refused, `The login of context ${name} at ${apiUrl} is over.`, 'Log in again: freeflow login', {
    cause,
  });
