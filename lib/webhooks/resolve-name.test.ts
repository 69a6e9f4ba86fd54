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
    'hooks.dev': '127.0.0.7',
    'hooks.dev.ns.svc.test': '127.0.0.8',
    'servfail.test': 'SERVFAIL',
    'servfail.test.ns.svc.test': '127.0.0.9',
    'refused.test': 'REFUSED',
    'refused.test.ns.svc.test': '127.0.0.10',
    'broken.test': 'SERVFAIL',
    'elsewhere.nowhere.test': 'REFUSED',
    'elsewhere.ns.svc.test': '127.0.0.11',
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

const resolve = (hostname: string, withinMs = 5_000, config = configFile) =>
  nameResolver({ servers: [server.address], hostsFile, configFile: config, withinMs })(hostname);

/** The first address of a name, where these are the options of the system. */
async function firstBy(options: string, hostname: string): Promise<string | undefined> {
  const file = path.join(dir, 'other.conf');
  writeFileSync(file, `nameserver 192.0.2.1\nsearch nowhere.test ns.svc.test\n${options}\n`);
  return (await resolve(hostname, 5_000, file))[0]?.address;
}

test('a name is looked up at the name servers, as it is and in the domains that are searched', async () => {
  expect(await resolve('receiver.test')).toEqual([{ address: '127.0.0.2', family: 4 }]);
  expect(await resolve('receiver')).toEqual([{ address: '127.0.0.3', family: 4 }]);
  await expect(resolve('receiver.')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('a name with fewer dots than the system asks for is looked up in the domains that are searched first', async () => {
  expect(await firstBy('', 'hooks.dev')).toBe('127.0.0.7');
  expect(await firstBy('options ndots:2', 'hooks.dev')).toBe('127.0.0.8');
  expect(await firstBy('options timeout:1 ndots:5', 'hooks.dev')).toBe('127.0.0.8');
  expect(await firstBy('options ndots:5\noptions ndots:1', 'hooks.dev')).toBe('127.0.0.7');
  expect(await firstBy('options ndots:5', 'hooks.dev.')).toBe('127.0.0.7');
  expect(await firstBy('options ndots:5', 'receiver.test')).toBe('127.0.0.2');
});

test('what a name server can not, or will not, tell of one name is no answer about the others; it is in the end, where there is none', async () => {
  expect(await firstBy('', 'servfail.test')).toBe('127.0.0.9');
  expect(await firstBy('', 'refused.test')).toBe('127.0.0.10');
  expect(await firstBy('options ndots:5', 'elsewhere')).toBe('127.0.0.11');
  await expect(resolve('broken.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
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
