import { randomUUID } from 'node:crypto';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { describedRoutes, type DescribedRoute } from '../test/support/described-routes';
import { WRONG_PERMISSIONS, WRONG_TOKENS } from '../test/support/tokens';

const READ = 'system:read';
let bench: ApiBench;
/** One where a permission to read is configured. */
let reading: ApiBench;
beforeAll(async () => {
  [bench, reading] = await Promise.all([openApiBench(), openApiBench({ AUTH_READ_PERMISSION: READ })]);
});
afterAll(() => Promise.all([bench.close(), reading.close()]));

type Verdict = 401 | 403 | 'let in';

const nameOf = ({ method, path }: DescribedRoute) => `${method} ${path}`;
/** Every route that needs a token, by the OpenAPI document: a new one is tried without being named. */
const secured = ({ app }: ApiBench) => describedRoutes(app).filter(({ isSecured }) => isSecured);

async function verdictsAt(at: ApiBench, token: string | null): Promise<Record<string, Verdict>> {
  const ask = async (route: DescribedRoute): Promise<[string, Verdict]> => {
    const { status } = await at.request(route.method, route.path.replaceAll(/\{\w+\}/g, randomUUID()), { token });
    return [nameOf(route), status === 401 || status === 403 ? status : 'let in'];
  };
  return Object.fromEntries(await Promise.all(secured(at).map(ask)));
}
const everywhere = (verdictOf: (route: DescribedRoute) => Verdict): Record<string, Verdict> =>
  Object.fromEntries(secured(bench).map((it) => [nameOf(it), verdictOf(it)]));

test('every route that is described needs a token, but those of health and metrics', () => {
  expect(secured(bench).length).toBeGreaterThan(15);
  const open = describedRoutes(bench.app).filter(({ isSecured }) => !isSecured);
  expect(open.map(({ path }) => path).toSorted()).toEqual(['/health/live', '/health/ready', '/metrics']);
});

test.each(Object.entries(WRONG_TOKENS))('401 at every route: %s', async (_what, make) => {
  expect(await verdictsAt(bench, await make(bench.issuer))).toEqual(everywhere(() => 401));
});

test.each(Object.entries({ ...WRONG_PERMISSIONS, 'system:read, where none is configured': [READ] }))(
  '403 at every route: %s',
  async (_what, permissions) => {
    const token = await bench.issuer.token({ permissions });
    expect(await verdictsAt(bench, token)).toEqual(everywhere(() => 403));
  },
);

test('a valid token with system:* is let in at every route', async () => {
  expect(await verdictsAt(bench, await bench.issuer.token())).toEqual(everywhere(() => 'let in'));
});

describe('where a permission to read is configured', () => {
  test('a token with it alone is let in where nothing is changed, and nowhere else', async () => {
    const token = await reading.issuer.token({ permissions: [READ] });
    expect(await verdictsAt(reading, token)).toEqual(everywhere(({ method }) => (method === 'GET' ? 'let in' : 403)));
  });

  test.each(
    Object.entries({ ...WRONG_PERMISSIONS, 'a part of it': ['system:rea'], 'more than it': ['system:read:x'] }),
  )('nothing else is let in by it: %s', async (_what, permissions) => {
    expect(await verdictsAt(reading, await reading.issuer.token({ permissions }))).toEqual(everywhere(() => 403));
  });

  test('system:* is let in everywhere, as ever', async () => {
    expect(await verdictsAt(reading, await reading.issuer.token())).toEqual(everywhere(() => 'let in'));
  });

  test('a method that is none of the API is not let in by it either', async () => {
    const token = await reading.issuer.token({ permissions: [READ] });
    for (const method of ['PUT', 'PATCH'])
      expect((await reading.request(method, '/tenants', { token })).status).toBe(404);
    expect((await reading.request('HEAD', '/tenants', { token })).status).toBe(200);
  });
});
