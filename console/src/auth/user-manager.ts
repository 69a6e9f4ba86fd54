import { UserManager, WebStorageStateStore } from 'oidc-client-ts';
import type { Settings } from '../settings';

/** Where the page is, seen from the server. */
export const BASE = '/console';

/**
 * Signs people in by authorization code and PKCE at the issuer whose tokens the API takes. Renewed by the refresh
 * token: an iframe would need the issuer's cookies, which browsers keep from it.
 */
export const createUserManager = ({ issuer, clientId, audience, scope }: Settings): UserManager =>
  new UserManager({
    authority: issuer,
    client_id: clientId,
    redirect_uri: `${window.location.origin}${BASE}/signed-in`,
    post_logout_redirect_uri: `${window.location.origin}${BASE}/`,
    response_type: 'code',
    // What comes after # is sent to no server, and so in no log of one.
    response_mode: 'fragment',
    scope,
    // Issuers that give out tokens for several APIs ask for it; others do not mind.
    extraQueryParams: { audience },
    // Whoever needs a token renews it (session.tsx), once: its own renewal would take the same refresh token beside
    // that, and for tokens of a minute begin anew each second.
    automaticSilentRenew: false,
    loadUserInfo: false,
    monitorSession: false,
    // Of this tab, and gone with it.
    userStore: new WebStorageStateStore({ store: window.sessionStorage }),
    stateStore: new WebStorageStateStore({ store: window.sessionStorage }),
  });

/** Where somebody was before signing in: a path of this page alone, whatever is stored. */
export function returnPath(state: unknown): string {
  const path = typeof state === 'object' && state !== null && 'returnTo' in state ? state.returnTo : undefined;
  return typeof path === 'string' && path.startsWith(`${BASE}/`) && !path.startsWith(`${BASE}/signed-in`)
    ? path
    : `${BASE}/`;
}

/** What is kept over a sign-in. */
export const stateOfHere = () => ({ returnTo: `${window.location.pathname}${window.location.search}` });
