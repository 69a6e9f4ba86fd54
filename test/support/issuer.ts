import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

/**
 * A token issuer of our own: the stack's Keycloak can't be made to sign expired, foreign or otherwise wrong tokens.
 * What it signs is checked by the API's real code against its published keys.
 */
export interface Issuer {
  url: string;
  /** A token that the API accepts, unless something is changed in it. */
  token(changed?: Changes, options?: { alg?: 'RS256' | 'ES256'; key?: CryptoKey; kid?: string }): Promise<string>;
  newKey(alg: 'RS256' | 'ES256'): Promise<CryptoKey>;
  /** What it answers from now on where its keys are requested, in place of them: a status, a body, or nothing ever. */
  publish(answer: Publication | undefined): void;
  /** Signs by a new key from now on, whose id is given; the old one is published no more. */
  rotate(kid: string): Promise<void>;
  /** How often its keys have been requested. */
  readonly asked: number;
  close(): Promise<void>;
}

/** Claims to be set otherwise, or left out where undefined. */
type Changes = { [claim in keyof JWTPayload]: JWTPayload[claim] | undefined };

/** What stands where the keys should. `silence`: the question is taken and never answered. */
export type Publication = { status: number } | { body: string } | 'silence';

export const AUDIENCE = 'freeflow-api';

export async function openIssuer(): Promise<Issuer> {
  const keys = { RS256: await generateKeyPair('RS256'), ES256: await generateKeyPair('ES256') };
  const published = await Promise.all(
    Object.entries(keys).map(async ([alg, { publicKey }]) => ({
      ...(await exportJWK(publicKey)),
      kid: alg,
      alg,
      use: 'sig',
    })),
  );
  let instead: Publication | undefined;
  let asked = 0;
  let current: { kid: string; key: CryptoKey } | undefined;
  const server = createServer((_request, response) => {
    asked++;
    if (instead === 'silence') return;
    if (instead !== undefined && 'status' in instead) return void response.writeHead(instead.status).end();
    response.setHeader('content-type', 'application/json').end(instead?.body ?? JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}/realms/freeflow-system`;
  return {
    url,
    publish: (answer) => {
      instead = answer;
    },
    rotate: async (kid) => {
      const { publicKey, privateKey } = await generateKeyPair('RS256');
      published.splice(0, published.length, { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' });
      current = { kid, key: privateKey };
    },
    get asked() {
      return asked;
    },
    token: (
      changed = {},
      { alg = 'RS256', key = current?.key ?? keys[alg].privateKey, kid = current?.kid ?? alg } = {},
    ) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        iss: url,
        aud: AUDIENCE,
        sub: 'somebody',
        iat: now,
        exp: now + 300,
        permissions: ['system:*'],
        ...(changed as JWTPayload),
      })
        .setProtectedHeader({ alg, kid })
        .sign(key);
    },
    newKey: async (alg) => (await generateKeyPair(alg)).privateKey,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
