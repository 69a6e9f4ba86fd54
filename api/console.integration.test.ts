import { openApiBench, type ApiBench } from '../test/support/api-bench';

let bench: ApiBench;
beforeAll(async () => {
  bench = await openApiBench({
    CONSOLE_SIGN_IN_ORIGINS: 'https://login.example, https://keys.example:8443',
    CONSOLE_TRACE_URL: 'https://traces.example/trace/{traceId}?a=1&b="2"',
  });
});
afterAll(() => bench.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  bench.request('GET', path, { token: null, headers });
const directives = (policy: string | null): Record<string, string> =>
  Object.fromEntries(
    (policy ?? '').split('; ').map((it) => [it.split(' ')[0] ?? '', it.split(' ').slice(1).join(' ')]),
  );

test('each page of the console is the same one, by a policy that allows what it is made of and nothing else', async () => {
  for (const path of ['/console/', '/console/tenants', '/console/tenants/1?status=active']) {
    const { status, headers, text } = await get(path);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('cache-control')).toBe('no-store');
    const [, nonce = ''] = /<script [^>]*nonce="([^"]+)"/.exec(text) ?? [];
    expect(directives(headers.get('content-security-policy'))).toEqual({
      'default-src': "'none'",
      'script-src': `'nonce-${nonce}' 'strict-dynamic'`,
      'style-src': `'self' 'nonce-${nonce}'`,
      'img-src': "'self'",
      'connect-src': `'self' ${new URL(bench.issuer.url).origin} https://login.example https://keys.example:8443`,
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    });
    // Nothing stands in the page itself that would be run.
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=|__NONCE__|__SETTINGS__/);
  }
  const nonces = await Promise.all(
    ['/console/', '/console/'].map(async (it) => /nonce="([^"]+)"/.exec((await get(it)).text)?.[1]),
  );
  expect(new Set(nonces).size).toBe(2);
});

test('the page is told where people sign in, and no secret', async () => {
  const { text } = await get('/console/');
  const [, written = ''] = /name="freeflow-settings" content="([^"]*)"/.exec(text) ?? [];
  expect(JSON.parse(written.replaceAll('&quot;', '"').replaceAll('&amp;', '&'))).toEqual({
    issuer: bench.issuer.url,
    clientId: 'freeflow-console',
    audience: bench.env['AUTH_AUDIENCE'],
    scope: 'openid',
    traceUrl: 'https://traces.example/trace/{traceId}?a=1&b="2"',
  });
});

test('what the page is made of is there, compressed, for ever; what is not is no page', async () => {
  const { text } = await get('/console/');
  const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) {
    const { status, headers } = await get(file, { 'accept-encoding': 'br' });
    expect([file, status, headers.get('content-encoding')]).toEqual([file, 200, 'br']);
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  }
  for (const file of [
    '/console/assets/none.js',
    '/console/assets/../index.html',
    '/console/assets/%2e%2e/manifest.json',
  ])
    expect((await get(file)).text).not.toMatch(/"src\/main|__NONCE__/);
  expect((await get('/console/assets/none.js')).status).toBe(404);
});

test('without a slash it leads to the page', async () => {
  const answer = await fetch(`${bench.url}/console`, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/console/']);
});
