import { openActivityHarness, newName, type ActivityHarness } from '../../test/support/activity-harness';
import { asKeycloakAdmin } from '../../test/support/outside';
import { realmIdOf } from '../../test/support/pool';
import { startProxy, type TcpProxy } from '../../test/support/tcp-proxy';
import { KeycloakAdmin } from './admin';

const GIVEN_UP = new Error('the lock is lost');
const UNAUTHORIZED = Buffer.from('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');

let harness: ActivityHarness;
let proxy: TcpProxy;
let realm: string;
beforeAll(async () => {
  harness = await openActivityHarness();
  const { hostname, port } = new URL(harness.info.keycloak.url);
  proxy = await startProxy(hostname, Number(port));
});
afterAll(async () => {
  await proxy.close();
  await harness.close();
});
beforeEach(() => {
  realm = `freeflow-${newName()}`;
  proxy.trouble();
});
afterEach(() => asKeycloakAdmin(harness.info, 'DELETE', `/admin/realms/${realm}`));

const adminWithin = (callTimeoutMs: number) =>
  new KeycloakAdmin(
    { ...harness.info.keycloak.provisioner, realm: 'master', baseUrl: `http://127.0.0.1:${proxy.port}` },
    callTimeoutMs,
  );

/** Makes the realm, as an example of a call with an effect. */
const make = (admin: KeycloakAdmin, signal: AbortSignal) =>
  admin.change({ signal }, ({ realms }) => realms.create({ realm, enabled: false }));

describe('a call with an effect is not sent', () => {
  test('where the lock was lost while its token was on its way', async () => {
    const lock = new AbortController();
    const call = make(adminWithin(60_000), lock.signal);
    lock.abort(GIVEN_UP);
    await expect(call).rejects.toBe(GIVEN_UP);
    expect(await realmIdOf(harness, realm)).toBeUndefined();
  });

  test('a second time where the lock was lost by the time its token was refused', async () => {
    const lock = new AbortController();
    let sent = 0;
    proxy.trouble({
      kind: 'answer',
      by: (request) => {
        if (!request.toString().startsWith('POST /admin/realms')) return 'pass';
        sent += 1;
        lock.abort(GIVEN_UP);
        return { reply: UNAUTHORIZED, isLast: true };
      },
    });
    await expect(make(adminWithin(60_000), lock.signal)).rejects.toBe(GIVEN_UP);
    expect(sent).toBe(1);
    expect(await realmIdOf(harness, realm)).toBeUndefined();
  });

  test('where its token took most of the time that the call has', async () => {
    proxy.trouble({ kind: 'delay', ms: 1_000, only: 'replies' });
    await expect(make(adminWithin(1_500), new AbortController().signal)).rejects.toMatchObject({
      type: 'unreachable',
      message: expect.stringContaining('too late'),
    });
    expect(await realmIdOf(harness, realm)).toBeUndefined();
  });
});
