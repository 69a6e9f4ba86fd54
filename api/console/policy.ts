import type { ApiConfig } from '../config';

/**
 * What the page may do (https://www.w3.org/TR/CSP3): run what it names by its nonce and what that loads, put in style
 * sheets by the same, call this API, and sign in at the issuer. No frame in either direction, no form, no other origin.
 * @param nonce another one for each answer
 */
export function pagePolicy(nonce: string, { AUTH_ISSUER, CONSOLE_SIGN_IN_ORIGINS = [] }: PolicyConfig): string {
  const signIn = [new URL(AUTH_ISSUER).origin, ...CONSOLE_SIGN_IN_ORIGINS];
  const directives: Record<string, string[]> = {
    'default-src': ["'none'"],
    'script-src': [`'nonce-${nonce}'`, "'strict-dynamic'"],
    'style-src': ["'self'", `'nonce-${nonce}'`],
    'img-src': ["'self'"],
    'connect-src': ["'self'", ...new Set(signIn)],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');
}

type PolicyConfig = Pick<ApiConfig, 'AUTH_ISSUER' | 'CONSOLE_SIGN_IN_ORIGINS'>;
