import { randomBytes } from 'node:crypto';
import { readSecretKeys } from './keys';
import { openSealed, sealFor, sealingKeyOf } from './sealed-box';

const KEY = randomBytes(32).toString('base64');
const keys = readSecretKeys(KEY);
const published = sealingKeyOf(keys.current);

test('what is sealed by the public half opens with the key, for its owner alone, and is another text each time', () => {
  const sealed = sealFor(published, 'hunter22', 'webhook/1');
  expect(openSealed(keys, published.id, sealed, 'webhook/1')).toBe('hunter22');
  expect(Buffer.from(sealed).toString('latin1')).not.toContain('hunter22');
  expect(sealFor(published, 'hunter22', 'webhook/1')).not.toEqual(sealed);
  expect(() => openSealed(keys, published.id, sealed, 'webhook/2')).toThrow(/does not open/);
});

test('a key of before still opens what it has sealed; an unknown one is named', () => {
  const sealed = sealFor(published, 'hunter22', 'webhook/1');
  const rotated = readSecretKeys(randomBytes(32).toString('base64'), KEY);
  expect(openSealed(rotated, published.id, sealed, 'webhook/1')).toBe('hunter22');
  const without = readSecretKeys(randomBytes(32).toString('base64'));
  expect(() => openSealed(without, published.id, sealed, 'webhook/1')).toThrow(new RegExp(published.id));
});

test('one bit that is another one, or a part that is missing, does not open', () => {
  const sealed = sealFor(published, 'hunter22', 'webhook/1');
  for (const at of [0, 31, 32, 44, sealed.length - 1]) {
    const altered = Uint8Array.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(() => openSealed(keys, published.id, altered, 'webhook/1')).toThrow(/does not open/);
  }
  expect(() => openSealed(keys, published.id, sealed.subarray(0, 40), 'webhook/1')).toThrow(/does not open/);
});
