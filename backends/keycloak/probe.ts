import { randomUUID } from 'node:crypto';
import type { AccessToken } from '@freeflow/lib/oauth';
import { BackendFault, hasCode } from '../failures';
import { expectRefusal, type RefusalRule } from '../refusal';
import { sideBySide } from '../side-by-side';
import { FAILURE_CODES } from './failure-codes';
import { REFUSALS as LOGIN_REFUSALS, requestToken, type ServiceAccount, type TokenAnswer } from './token';

const REQUEST_TIMEOUT_MS = 10_000;
/** There is none of this name: an answer to an account that may read it. */
const NOT_FOUND = 404;

export const KEYCLOAK_REFUSAL: RefusalRule = {
  server: 'Keycloak',
  // Not known there, or not allowed: either way it wasn't let in. 431: its token has become too large for the server to
  // look at, by what the tenant has put into it.
  refusals: [401, 403, 431],
  failures: FAILURE_CODES,
  isLetThrough: (error) => hasCode(error, NOT_FOUND),
  otherwise: 'server-error',
};

/**
 * The tenant's application logs in.
 * @throws BackendFault `probe-refused`
 */
export async function logIn(tenant: ServiceAccount): Promise<{ token: AccessToken }> {
  const answer = await requestToken(tenant);
  if ('token' in answer) return answer;
  throw new BackendFault(
    'probe-refused',
    `Keycloak: realm ${tenant.realm} refuses the tenant's own client ${tenant.clientId} (${answer.refusal})`,
  );
}

/**
 * The same, where its own settings may be what it is refused for: one that makes no sense, such as a lifetime that is
 * no number, is answered by 500.
 */
export const tryLogIn = (tenant: ServiceAccount): Promise<TokenAnswer> =>
  requestToken(tenant, { refusals: [...LOGIN_REFUSALS, 500] });

/** How the tenant's own client is refused; nothing where it gets its token. */
export async function loginRefusal(tenant: ServiceAccount): Promise<string | undefined> {
  const answer = await tryLogIn(tenant);
  return 'token' in answer ? undefined : answer.refusal;
}

/**
 * As the tenant's application, which has logged in to its own realm: is refused at administering that, and the `master`
 * realm. Other realms don't know its tokens at all. Only what no tenant can be given is tried: a first admin may give
 * its client every right he holds himself, such as to list users, but none over the realm itself. Changes nothing, even
 * where it isn't refused.
 */
export async function probeKeycloak(tenant: ServiceAccount, token: AccessToken, adminRealm: string): Promise<void> {
  const own = encodeURIComponent(tenant.realm);
  const admin = encodeURIComponent(adminRealm);
  const attempts: [what: string, method: 'GET' | 'DELETE', path: string][] = [
    // There is none of this id: a 404 would be the answer to an account that may remove components.
    ['removing a component of its own realm', 'DELETE', `/admin/realms/${own}/components/${randomUUID()}`],
    [`listing the users of realm ${adminRealm}`, 'GET', `/admin/realms/${admin}/users`],
    [`using its token at realm ${adminRealm}`, 'GET', `/realms/${admin}/protocol/openid-connect/userinfo`],
  ];
  await sideBySide(
    ...attempts.map(async ([what, method, path]) => {
      const { ok, status } = await fetch(tenant.baseUrl + path, {
        method,
        headers: { authorization: `Bearer ${token.value}` },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      await expectRefusal(KEYCLOAK_REFUSAL, what, async () => {
        if (!ok) throw Object.assign(new Error(`HTTP ${status}`), { status });
      });
    }),
  );
}

/** Whether anybody can see the realm. */
export async function isRealmThere(baseUrl: string, realm: string): Promise<boolean> {
  const { status } = await fetch(`${baseUrl}/realms/${encodeURIComponent(realm)}`, {
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (status === 404) return false;
  if (status === 200 || status === 403) return true;
  throw new BackendFault('server-error', `Keycloak: asking for realm ${realm} answered ${status}`);
}
