import { decodeJwt } from 'jose';
import { fail, type Finding, type Group, ok } from '../../backends/doctor/check';
import { compareClocks, inSeconds } from '../../backends/doctor/clock';
import { baseOf, call, membersOf } from '../../backends/doctor/http';
import { token } from '../commands/token';
import type { ProductSetting, ProductValues } from './settings';

const CLIENT: ProductSetting[] = ['FREEFLOW_TOKEN_URL', 'FREEFLOW_CLIENT_ID', 'FREEFLOW_CLIENT_SECRET'];
/** What every route of the API demands. */
const PERMISSION = 'system:*';

/** Where the tokens for the API come from. */
export const IDENTITY: Group<ProductSetting> = {
  title: 'Identity provider',
  checks: [
    {
      name: 'identity.token',
      needs: CLIENT,
      after: [],
      run: async (values) => (
        await token(values),
        ok(`client ${values.FREEFLOW_CLIENT_ID} gets one at ${values.FREEFLOW_TOKEN_URL}`)
      ),
    },
    { name: 'identity.permission', needs: CLIENT, after: ['identity.token'], run: checkPermission },
    {
      name: 'identity.accepted',
      needs: [...CLIENT, 'FREEFLOW_API_URL'],
      after: ['identity.token', 'api.ready'],
      run: checkAccepted,
    },
    {
      name: 'identity.clock',
      needs: CLIENT,
      after: ['identity.token'],
      run: (values) => compareClocks(async () => inSeconds(decodeJwt(await token(values)).iat)),
    },
  ],
};

async function checkPermission(values: ProductValues): Promise<Finding> {
  const { AUTH_PERMISSIONS_CLAIM: claim } = values;
  const has = decodeJwt(await token(values))[claim];
  const all: unknown[] = typeof has === 'string' ? has.split(' ') : [has].flat();
  return all.includes(PERMISSION)
    ? ok(`claim ${claim} holds ${PERMISSION}`)
    : fail(
        `claim ${claim} does not hold ${PERMISSION}`,
        `Have the identity provider put it into the tokens of client ${values.FREEFLOW_CLIENT_ID}.`,
      );
}

async function checkAccepted(values: ProductValues): Promise<Finding> {
  const refusal = await answerTo(baseOf(values.FREEFLOW_API_URL), await token(values));
  return refusal === undefined
    ? ok('the API accepts it')
    : fail(
        refusal,
        "Compare the API's AUTH_ISSUER, AUTH_AUDIENCE, AUTH_JWKS_URL and AUTH_PERMISSIONS_CLAIM with the token.",
      );
}

/** What the API answers to a token, where it doesn't accept it. */
export async function answerTo(url: string, bearer: string): Promise<string | undefined> {
  const response = await call(`${url}/tenants?limit=1`, { authorization: `Bearer ${bearer}` });
  if (response.ok) return undefined;
  const { detail } = await membersOf(response);
  return `the API answers ${response.status}${typeof detail === 'string' ? `: ${detail}` : ''}`;
}
