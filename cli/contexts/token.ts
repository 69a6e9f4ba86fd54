import { isRefusedBy, OAuthError, refreshTokens, type UserTokens } from '@freeflow/lib/oauth';
import { EXIT, Failure } from '../failure';
import { loginFailure } from './login-failure';
import type { SelectedContext } from './select';
import { putContext, readContexts, withContexts, type Context } from './store';
import { uninterrupted } from './uninterrupted';

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
export function tokensOf(env: NodeJS.ProcessEnv, selected: SelectedContext) {
  let last: string | undefined;
  return async (renewed = false): Promise<string> => {
    const refused = renewed ? last : undefined;
    // Another command may have renewed it meanwhile.
    const kept = readContexts(env).contexts[selected.name] ?? selected.context;
    last = isGood(kept, refused) ? kept.accessToken : await renew(env, selected, refused);
    return last;
  };
}

/**
 * The access token of a login as it is kept, for what must not wait for another one: a renewal that is cut short costs
 * the login where the issuer lets each refresh token be used once.
 * @throws Failure where it is not good any more
 */
export function keptToken({ name, context }: SelectedContext): string {
  if (isGood(context)) return context.accessToken;
  throw new Failure(EXIT.refused, `The token of context ${name} has expired.`, 'Any other command renews it.');
}

const isGood = ({ expiresAt, accessToken }: Context, refused?: string): boolean =>
  Date.parse(expiresAt) - EARLY_MS > Date.now() && accessToken !== refused;

/** One command at a time: of two that send the same refresh token the issuer may end the login. */
const renew = (env: NodeJS.ProcessEnv, { name, context }: SelectedContext, refused?: string): Promise<string> =>
  withContexts(env, async (keep) => {
    const kept = readContexts(env).contexts[name];
    if (kept === undefined) throw isOver(name, context);
    if (isGood(kept, refused)) return kept.accessToken;
    // What the issuer has answered by then must be kept: it may take the refresh token before for stolen.
    return uninterrupted(async () => {
      const tokens = await renewed(env, name, kept);
      if ('accessToken' in tokens) return tokens.accessToken;
      keep(putContext(name, { ...kept, ...keptTokens(tokens) }));
      return tokens.value;
    });
  });

async function renewed(env: NodeJS.ProcessEnv, name: string, kept: Context): Promise<UserTokens | Context> {
  if (kept.refreshToken === undefined) throw isOver(name, kept);
  try {
    return await refreshTokens(kept, kept.refreshToken);
  } catch (error) {
    // On another machine, with the same home, it may have been used at the same time.
    const now = readContexts(env).contexts[name];
    if (now !== undefined && now.accessToken !== kept.accessToken) return now;
    if (isRefusedBy(error, 'invalid_grant')) throw isOver(name, kept, error);
    throw error instanceof OAuthError ? loginFailure(error, kept.issuer) : error;
  }
}

const isOver = (name: string, { apiUrl }: Context, cause?: unknown): Failure =>
  new Failure(EXIT.refused, `The login of context ${name} at ${apiUrl} is over.`, 'Log in again: freeflow login', {
    cause,
  });
