import { guardedLookup } from './guarded-lookup';
import { networkPolicy } from './network-policy';
import { readReceiverUrl } from './receiver-url';
import type { Resolve } from './resolve-name';

const policy = networkPolicy();
const resolvingTo =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const unresolved: Resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
const read = (url: string, resolve: Resolve = resolvingTo('93.184.215.14')) => readReceiverUrl(url, policy, resolve);

test.each([
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '100.100.100.200', '127.0.0.1', '169.254.169.254', '172.31.0.1'],
  ...['192.0.0.192', '192.168.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...['::', '::1', '::ffff:10.0.0.1', '::ffff:127.0.0.1', '::127.0.0.1', 'fe80::1', 'fd00:ec2::254', 'fc00::1'],
  ...['64:ff9b::a00:1', '2002:a00:1::', '2001:0:a00:1::', '2001:db8::1', 'ff02::1', 'fec0::1', 'example.com', ''],
])('%s is no public address', (address) => {
  expect(policy.refusalOf(address, 'https:')).toContain('is not a public address');
});

test.each(['93.184.215.14', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111'])('%s is one', (address) => {
  expect(policy.refusalOf(address, 'https:')).toBeUndefined();
  expect(policy.refusalOf(address, 'http:')).toContain('only https');
});

test('what is allowed by the configuration is let through, by http as well, and nothing beside it', () => {
  const own = networkPolicy('10.1.0.0/16, ::1');
  for (const address of ['10.1.2.3', '::1', '::ffff:10.1.2.3']) expect(own.refusalOf(address, 'http:')).toBeUndefined();
  for (const address of ['10.2.0.1', '127.0.0.1']) expect(own.refusalOf(address, 'https:')).toBeDefined();
});

test.each([
  ['nonsense', /must be a URL/],
  ['ftp://example.com/', /https/],
  ['http://example.com/', /https/],
  ['https://u:p@example.com/', /user/],
  ['https://u@example.com/', /user/],
  ['https://example.com/#x', /fragment/],
  ['https://127.0.0.1/', /public/],
  ['https://0x7f.1/', /127\.0\.0\.1 is not/],
  ['https://2130706433/', /127\.0\.0\.1 is not/],
  ['https://[::1]/', /public/],
  ['https://[::ffff:169.254.169.254]/', /public/],
])('%s is refused', async (url, refusal) => {
  expect(await read(url)).toEqual({ refusal: expect.stringMatching(refusal) });
});

test('a name is refused by what it resolves to, by any of it; one that does not resolve is taken with https alone', async () => {
  const mixed = resolvingTo('93.184.215.14', '10.0.0.1');
  expect(await read('https://example.com/', mixed)).toEqual({ refusal: expect.stringContaining('10.0.0.1') });
  expect(await read('https://example.com/a?token=1', unresolved)).toEqual({
    shown: 'https://example.com',
    target: '/a?token=1',
  });
  expect(await read('http://example.com/', unresolved)).toEqual({ refusal: expect.stringContaining('https') });
});

test('a socket connects to the addresses that were looked at, and to none where one of them is refused', async () => {
  const look = (resolve: Resolve, all: boolean) =>
    new Promise((done) => {
      guardedLookup(policy, 'https:', resolve)('example.com', { all }, (error, found) =>
        done([error?.message ?? null, found]),
      );
    });
  expect(await look(resolvingTo('1.1.1.1'), true)).toEqual([null, [{ address: '1.1.1.1', family: 4 }]]);
  expect(await look(resolvingTo('1.1.1.1'), false)).toEqual([null, '1.1.1.1']);
  expect(await look(resolvingTo('1.1.1.1', '127.0.0.1'), true)).toEqual([
    expect.stringContaining('127.0.0.1 is not a public address'),
    [],
  ]);
  expect(await look(unresolved, true)).toEqual(['no', []]);
});
