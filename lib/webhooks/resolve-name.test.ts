import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openNameServer, type NameServer } from '../../test/support/name-server';
import { until } from '../../test/support/until';
import { nameResolver } from './resolve-name';

let server: NameServer;
let dir: string;
let hostsFile: string;
let configFile: string;
beforeAll(async () => {
  server = await openNameServer({
    'receiver.test': '127.0.0.2',
    'receiver.ns.svc.test': '127.0.0.3',
    'listed.test': '127.0.0.4',
    'lame.test': null,
  });
  dir = mkdtempSync(path.join(tmpdir(), 'freeflow-names-'));
  hostsFile = path.join(dir, 'hosts');
  configFile = path.join(dir, 'resolv.conf');
  writeFileSync(
    hostsFile,
    '# ours\n127.0.0.5\tLISTED.test other # 127.0.0.6 commented\n::5 listed.test\nfe80::1%lo0 other\n',
  );
  writeFileSync(configFile, 'nameserver 192.0.2.1\nsearch nowhere.test ns.svc.test\n');
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});

const resolve = (hostname: string, withinMs = 5_000) =>
  nameResolver({ servers: [server.address], hostsFile, configFile, withinMs })(hostname);

test('a name is looked up at the name servers, as it is and then in the domains that are searched', async () => {
  expect(await resolve('receiver.test')).toEqual([{ address: '127.0.0.2', family: 4 }]);
  expect(await resolve('receiver')).toEqual([{ address: '127.0.0.3', family: 4 }]);
  await expect(resolve('receiver.')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('a name of the file of hosts is what stands there, and no server is asked', async () => {
  server.asked.length = 0;
  expect(await resolve('listed.test')).toEqual([
    { address: '127.0.0.5', family: 4 },
    { address: '::5', family: 6 },
  ]);
  expect(await resolve('other')).toEqual([{ address: '127.0.0.5', family: 4 }]);
  expect(server.asked).toEqual([]);
  await expect(resolve('commented')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('a name that is none is not found, and no fault of the name servers', async () => {
  await expect(resolve('unknown.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await expect(resolve(`${'a'.repeat(70)}.test`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('while name servers are silent no thread waits for them, and each lookup ends in its time', async () => {
  server.asked.length = 0;
  const lookups = Array.from({ length: 20 }, () => resolve('lame.test', 500));
  const ended = Promise.allSettled(lookups);
  await until('all are asked for', async () => server.asked.length >= 40);
  expect(process.getActiveResourcesInfo()).not.toContain('GetAddrInfoReqWrap');
  expect(new Set((await ended).map((it) => it.status === 'rejected' && (it.reason as { code: string }).code))).toEqual(
    new Set(['EAI_AGAIN']),
  );
});

test('the files of this machine are used where no others are named', async () => {
  expect(await nameResolver()('localhost')).toContainEqual({ address: '127.0.0.1', family: 4 });
});
