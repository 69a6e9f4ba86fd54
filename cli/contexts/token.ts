import { isRefusedBy, OAuthError, refreshTokens, type UserTokens } from '@freeflow/lib/oauth';
import { EXIT, Failure } from '../failure';
import { loginFailure } from './login-failure';
import type { SelectedContext } from './select';
import { keepContext, readContexts, type Context } from './store';

/** A token is renewed this long before it runs out, in ms: it is still good when it arrives. */
const EARLY_MS = 30_000;
const DEFAULT_LIFETIME_MS = 60_000;

/** What is kept of the tokens that a login, or its renewal, has given. */
export const keptTokens = ({ value, lifetimeMs = DEFAULT_LIFETIME_MS, refreshToken }: UserTokens) => ({
  accessToken: value,
  expiresAt: new Date(Date.now() + lifetimeMs).toISOString(),
  ...(refreshToken === undefined ? {} : { refreshToken }),
});

/**
 * An access token of a login that is good now, renewed where it is not, or where a new one is requested.
 * @throws Failure where the login is over, or the issuer does not answer
 */
export async function tokenOf(env: NodeJS.ProcessEnv, selected: SelectedContext, renewed = false): Promise<string> {
  // Another command may have renewed it meanwhile.
  const kept = readContexts(env).contexts[selected.name] ?? selected.context;
  const isAnother = kept.accessToken !== selected.context.accessToken;
  const isGood = Date.parse(kept.expiresAt) - EARLY_MS > Date.now() && (!renewed || isAnother);
  return isGood ? kept.accessToken : renew(env, selected.name, kept);
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
