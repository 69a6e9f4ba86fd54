import { openFaultyHouse, type FaultyHouse } from '../support/faulty-house';

let house: FaultyHouse;
beforeAll(async () => {
  house = await openFaultyHouse(false);
});
afterAll(() => house.close());

test.each([
  ['a reading', 'GET', '/tenants', undefined],
  ['a change', 'POST', '/tenants', { name: 'cutoff' }],
] as const)(
  '%s whose connection to the master database is cut before the reply: 503, and it may be repeated',
  async (_, method, route, body) => {
    // With connections that were good until now.
    expect(await house.request('GET', '/tenants')).toMatchObject({ status: 200 });
    house.proxies.master.trouble({ kind: 'drop-replies', after: 0 });
    const cut = await house.request(method, route, body);
    house.proxies.master.trouble();
    expect(cut).toMatchObject({ status: 503, body: { code: 'master-database-unavailable' } });
    expect(cut.headers.get('retry-after')).toBe('5');
    expect(await house.request('GET', '/tenants')).toMatchObject({ status: 200 });
  },
);
