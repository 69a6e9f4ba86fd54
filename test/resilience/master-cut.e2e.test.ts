import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';

let installation: FaultInjectedInstallation;
beforeAll(async () => {
  installation = await openFaultInjectedInstallation(false);
});
afterAll(() => installation.close());

test.each([
  ['a reading', 'GET', '/tenants', undefined],
  ['a change', 'POST', '/tenants', { name: 'cutoff' }],
] as const)(
  '%s whose connection to the master database is cut before the reply: 503, and it may be repeated',
  async (_, method, route, body) => {
    // With connections that were good until now.
    expect(await installation.request('GET', '/tenants')).toMatchObject({ status: 200 });
    installation.proxies.master.trouble({ kind: 'drop-replies', after: 0 });
    const cut = await installation.request(method, route, body);
    installation.proxies.master.trouble();
    expect(cut).toMatchObject({ status: 503, body: { code: 'master-database-unavailable' } });
    expect(cut.headers.get('retry-after')).toBe('5');
    expect(await installation.request('GET', '/tenants')).toMatchObject({ status: 200 });
  },
);
