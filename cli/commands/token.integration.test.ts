import { createServer } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { freePort } from '../../stack/ports';
import { readStackInfo } from '../../stack/stack-info';
import { freeflow, secretsIn } from '../../test/support/freeflow';
import { TEST_STACK } from '../../test/support/master';

const NOWHERE = { FREEFLOW_STACK_DIR: '/nonexistent' };
const info = readStackInfo(TEST_STACK);
const given = {
  FREEFLOW_TOKEN_URL: info.auth.tokenUrl,
  FREEFLOW_CLIENT_ID: info.auth.clientId,
  FREEFLOW_CLIENT_SECRET: info.auth.clientSecret,
};

/** Verifies a token by the issuer's published keys, as any API would. */
const verifyToken = async (token: string) => {
  const keys = createRemoteJWKSet(new URL(`${info.auth.issuer}/protocol/openid-connect/certs`));
  return (
    await jwtVerify(token, keys, { issuer: info.auth.issuer, audience: info.auth.audience, algorithms: ['RS256'] })
  ).payload;
};

test("prints a token alone, signed by the stack's issuer for the API, good for system:* and 15 minutes", async () => {
  const { code, stdout, stderr } = await freeflow(['token']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { permissions, iat = 0, exp = 0 } = await verifyToken(stdout.trimEnd());
  expect(permissions).toEqual(['system:*']);
  expect(exp - iat).toBe(900);
  expect(stdout).toBe(`${stdout.trimEnd()}\n`);
});

test('asks another installation when the environment names one, whether a stack runs here or not', async () => {
  const { stdout } = await freeflow(['token'], { ...given, ...NOWHERE });
  expect(await verifyToken(stdout.trimEnd())).toMatchObject({ permissions: ['system:*'] });
});

describe('says what is wrong and what to do, with no secret in it', () => {
  const cases: [string, number, Record<string, string>, RegExp][] = [
    [
      'nothing runs here',
      4,
      NOWHERE,
      /^No local stack runs\.\nStart one with npm start, or set FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET\.\n$/,
    ],
    [
      'no server answers',
      4,
      { ...given, FREEFLOW_TOKEN_URL: 'http://127.0.0.1:9/token' },
      /^http:\/\/127\.0\.0\.1:9\/token does not answer\.\n.*stack:status/,
    ],
    [
      'another secret',
      1,
      { ...given, FREEFLOW_CLIENT_SECRET: 'hunter22' },
      /answers 401 to client .*\nCheck .*FREEFLOW_CLIENT_SECRET/,
    ],
    [
      'another place',
      1,
      { ...given, FREEFLOW_TOKEN_URL: `${info.auth.issuer}/nothing` },
      /answers 404 .*\nCheck FREEFLOW_TOKEN_URL/,
    ],
    [
      'an answer without a token',
      1,
      { ...given, FREEFLOW_TOKEN_URL: `${info.auth.issuer}/.well-known/openid-configuration` },
      /without a token/,
    ],
    [
      'half an environment',
      2,
      { FREEFLOW_CLIENT_SECRET: 'hunter22' },
      /^FREEFLOW_TOKEN_URL is missing; it is needed together with FREEFLOW_CLIENT_SECRET\nFREEFLOW_CLIENT_ID is missing; it is needed together with FREEFLOW_CLIENT_SECRET\nCorrect them, or unset/,
    ],
    [
      'an empty variable, which counts as none',
      2,
      { ...given, FREEFLOW_CLIENT_ID: '' },
      /^FREEFLOW_CLIENT_ID is missing/,
    ],
    ['no URL', 2, { ...given, FREEFLOW_TOKEN_URL: 'hunter22' }, /^FREEFLOW_TOKEN_URL must be http/],
    [
      'a URL with a password',
      2,
      { ...given, FREEFLOW_TOKEN_URL: 'http://u:hunter22@127.0.0.1:9/token' },
      /^FREEFLOW_TOKEN_URL must be http/,
    ],
  ];
  test.each(cases)('%s: exit code %i', async (_what, code, env, said) => {
    const ended = await freeflow(['token'], env);
    expect(ended).toEqual({ code, stdout: '', stderr: expect.stringMatching(said) });
    expect(secretsIn(ended, info)).toEqual([]);
  });

  test('an identity provider that is unwell: exit code 4, for trying again helps', async () => {
    const port = await freePort();
    const server = createServer((_request, response) => void response.writeHead(503).end()).listen(port, '127.0.0.1');
    try {
      expect(
        await freeflow(['token'], { ...given, FREEFLOW_TOKEN_URL: `http://127.0.0.1:${port}/token` }),
      ).toMatchObject({ code: 4, stderr: expect.stringContaining('answers 503') });
    } finally {
      server.close();
    }
  });
});
