import { runToEnd } from '../test/support/run-to-end';
import { readApiConfig } from './config';

const required = {
  MASTER_DATABASE_URL: 'postgresql://u:hunter22@h/master',
  AUTH_ISSUER: 'https://id.example/realms/r',
  AUTH_AUDIENCE: 'a',
};

test('what is required suffices; the keys are where Keycloak has them', () => {
  expect(readApiConfig(required)).toMatchObject({
    ...required,
    API_PORT: 3000,
    AUTH_ALGORITHMS: ['RS256'],
    AUTH_JWKS_URL: 'https://id.example/realms/r/protocol/openid-connect/certs',
  });
  expect(
    readApiConfig({ ...required, AUTH_JWKS_URL: 'https://keys.example', AUTH_ALGORITHMS: 'ES256,EdDSA' }),
  ).toMatchObject({ AUTH_JWKS_URL: 'https://keys.example', AUTH_ALGORITHMS: ['ES256', 'EdDSA'] });
});

test.each(Object.keys(required))('%s is required', (name) => {
  expect(() => readApiConfig({ ...required, [name]: '' })).toThrow(new RegExp(`^${name} is missing; it must be .+$`));
});

test.each(['HS256', 'none', 'RS256,HS256', ''.padEnd(3)])(
  'signatures that anybody could make are no choice: %s',
  (AUTH_ALGORITHMS) => {
    expect(() => readApiConfig({ ...required, AUTH_ALGORITHMS })).toThrow(
      /^AUTH_ALGORITHMS must be one or more of RS256, /,
    );
  },
);

test.each(['*', 'system:*'])(
  'a permission to read that others have as well is no choice: %s',
  (AUTH_READ_PERMISSION) => {
    expect(() => readApiConfig({ ...required, AUTH_READ_PERMISSION })).toThrow(/^AUTH_READ_PERMISSION must be a /);
  },
);

test('proxies are addresses and networks', () => {
  const read = (API_TRUSTED_PROXIES: string) => readApiConfig({ ...required, API_TRUSTED_PROXIES }).API_TRUSTED_PROXIES;
  expect(read('127.0.0.1, 10.0.0.0/8,::1,fd00::/8')).toBe('127.0.0.1, 10.0.0.0/8,::1,fd00::/8');
  for (const wrong of ['true', '10.0.0.0/33', '10.0.0/8', '127.0.0.1,', '::1/129', '10.0.0.0/8/8'])
    expect(() => read(wrong)).toThrow(/^API_TRUSTED_PROXIES must be IP addresses or networks/);
});

test('the process ends with 1 and says all that is wrong, without a value, before it asks any server', async () => {
  expect(
    await runToEnd(['dist/api/server.js'], {
      MASTER_DATABASE_URL_FILE: '/nonexistent/url',
      API_PORT: '70000',
      LOG_LEVEL: 'loud',
      AUTH_ISSUER: 'hunter22',
    }),
  ).toEqual({
    code: 1,
    stdout: '',
    stderr: [
      'LOG_LEVEL must be one of trace, debug, info, warn, error',
      'API_PORT must be a port, 0 to 65535',
      "MASTER_DATABASE_URL_FILE names a file that can't be read: /nonexistent/url (ENOENT)",
      'AUTH_ISSUER must be http(s)://HOST:PORT/PATH, without user and password',
      'AUTH_AUDIENCE is missing; it must be what tokens are made out to\n',
    ].join('\n'),
  });
});
