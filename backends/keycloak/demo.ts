import { grantClientCredentials, OAuthError, type AccessToken } from '@freeflow/lib/oauth';
import type { Demo, DemoConnection } from '../demo';

export const DEMO: Demo = {
  what: 'realm in Keycloak',
  useOwn: async (mine) => {
    await requestToken(mine, mine);
    return `a token of its own realm ${mine['realm']}`;
  },
  intrude: (mine, theirs) => requestToken(theirs, mine),
  // 404: the realm is gone with its tenant.
  refusals: [401, 403, 404],
};

async function requestToken(
  { tokenUrl }: DemoConnection,
  { clientId, clientSecret }: DemoConnection,
): Promise<AccessToken> {
  try {
    return await grantClientCredentials({
      tokenUrl: String(tokenUrl),
      clientId: String(clientId),
      clientSecret: String(clientSecret),
      secretBy: 'form',
    });
  } catch (error) {
    if (!(error instanceof OAuthError) || error.status === undefined) throw error;
    throw Object.assign(new Error(error.reason), { status: error.status });
  }
}
