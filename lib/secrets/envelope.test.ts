import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { BACKEND_KINDS } from '@freeflow/contract';
import fc from 'fast-check';
import { openSecret, sealSecret, type SecretEnvelope, type SecretIdentity } from './envelope';
import { readSecretKeys } from './keys';

const newKey = () => randomBytes(32).toString('base64');
const keys = readSecretKeys(newKey());

const text = fc.string({ unit: 'binary', maxLength: 200 });
// Some hold the bars and digits by which the parts of an identity could be taken for one another.
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', '|', '1', '2'), maxLength: 5 }),
  fc.string({ maxLength: 40 }),
);
const identity: fc.Arbitrary<SecretIdentity> = fc.record({
  tenantId: fc.uuid(),
  backend: fc.constantFrom(...BACKEND_KINDS),
  name,
  version: fc.oneof(fc.constantFrom(1, 2, 12), fc.integer({ min: 1, max: 999_999_999 })),
});

const UNREADABLE = expect.objectContaining({ code: 'secret-unreadable' });
const BOXES = ['wrappedKey', 'ciphertext'] as const;
type Bytes = SecretEnvelope['ciphertext'];

/** The envelope with one of its boxes changed. */
const withBox = (
  envelope: SecretEnvelope,
  box: (typeof BOXES)[number],
  change: (bytes: Bytes) => Bytes,
): SecretEnvelope => ({ ...envelope, [box]: change(Uint8Array.from(envelope[box])) });

const withBit = (bytes: Bytes, at: number, mask: number): Bytes =>
  bytes.map((byte, index) => (index === at ? byte ^ mask : byte));

test('any text opens again', () => {
  fc.assert(
    fc.property(identity, text, (id, value) => {
      expect(openSecret(id, sealSecret(id, value, keys), keys)).toBe(value);
    }),
  );
});

test('the same value sealed twice has nothing in common: other data key, other IVs', () => {
  fc.assert(
    fc.property(identity, text, (id, value) => {
      const [one, other] = [sealSecret(id, value, keys), sealSecret(id, value, keys)];
      for (const box of BOXES) {
        expect(one[box]).not.toEqual(other[box]);
        expect(one[box].subarray(0, 12)).not.toEqual(other[box].subarray(0, 12));
      }
    }),
  );
});

test('an envelope shows nothing of the value but its length', () => {
  fc.assert(
    fc.property(identity, fc.string({ minLength: 6, maxLength: 60 }), (id, value) => {
      const { wrappedKey, ciphertext } = sealSecret(id, value, keys);
      expect(Buffer.concat([wrappedKey, ciphertext]).includes(value)).toBe(false);
      expect(ciphertext).toHaveLength(28 + Buffer.byteLength(value));
    }),
  );
});

describe.each(BOXES)('%s', (box) => {
  test('any byte changed in any way makes it refuse', () => {
    fc.assert(
      fc.property(identity, text, fc.nat(), fc.integer({ min: 1, max: 255 }), (id, value, place, mask) => {
        const altered = withBox(sealSecret(id, value, keys), box, (bytes) =>
          withBit(bytes, place % bytes.length, mask),
        );
        expect(() => openSecret(id, altered, keys)).toThrow(UNREADABLE);
      }),
    );
  });

  test('each single byte counts: IV, tag and content', () => {
    const id = { tenantId: '6f0e5d1c-2b3a-4c4d-8e5f-607182930a1b', backend: 'postgres', name: 'password', version: 1 };
    const envelope = sealSecret(id, 'a secret of some length', keys);
    envelope[box].forEach((_byte, at) => {
      expect(() =>
        openSecret(
          id,
          withBox(envelope, box, (bytes) => withBit(bytes, at, 1)),
          keys,
        ),
      ).toThrow(UNREADABLE);
    });
  });

  test('cut off anywhere it refuses', () => {
    fc.assert(
      fc.property(identity, text, fc.nat(), (id, value, place) => {
        const cut = withBox(sealSecret(id, value, keys), box, (bytes) => bytes.slice(0, place % bytes.length));
        expect(() => openSecret(id, cut, keys)).toThrow(UNREADABLE);
      }),
    );
  });

  test('with anything added it refuses', () => {
    fc.assert(
      fc.property(identity, text, fc.uint8Array({ minLength: 1, maxLength: 20 }), (id, value, more) => {
        const longer = withBox(sealSecret(id, value, keys), box, (bytes) => Buffer.concat([bytes, more]));
        expect(() => openSecret(id, longer, keys)).toThrow(UNREADABLE);
      }),
    );
  });
});

test('a tag shortened to what GCM would also verify is refused', () => {
  fc.assert(
    fc.property(identity, fc.constantFrom(4, 8, 12, 13, 14, 15), (id, tagBytes) => {
      // Nothing follows the tag of an empty text, so what is left is a right tag, only shorter: 4 bytes could be
      // guessed.
      const short = withBox(sealSecret(id, '', keys), 'ciphertext', (bytes) => bytes.slice(0, 12 + tagBytes));
      expect(() => openSecret(id, short, keys)).toThrow(UNREADABLE);
    }),
  );
});

describe('moved to a row of another', () => {
  const changes: Record<keyof SecretIdentity, fc.Arbitrary<Partial<SecretIdentity>>> = {
    tenantId: fc.record({ tenantId: fc.uuid() }),
    backend: fc.record({ backend: fc.constantFrom(...BACKEND_KINDS) }),
    name: fc.record({ name }),
    version: fc.record({ version: fc.integer({ min: 1, max: 99 }) }),
  };

  test.each(Object.entries(changes))('%s it does not open', (_field, change) => {
    fc.assert(
      fc.property(identity, change, text, (id, other, value) => {
        fc.pre(Object.entries(other).every(([field, changed]) => id[field as keyof SecretIdentity] !== changed));
        expect(() => openSecret({ ...id, ...other }, sealSecret(id, value, keys), keys)).toThrow(UNREADABLE);
      }),
    );
  });

  test('with digits moved from the version to the name it does not open', () => {
    const digits = fc.string({ unit: fc.constantFrom('1', '2'), minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(identity, digits, fc.nat(), fc.nat(), text, (id, all, one, other, value) => {
        const cutAt = (place: number) => ({
          ...id,
          name: id.name + all.slice(0, place % all.length),
          version: Number(all.slice(place % all.length)),
        });
        fc.pre(one % all.length !== other % all.length);
        expect(() => openSecret(cutAt(one), sealSecret(cutAt(other), value, keys), keys)).toThrow(UNREADABLE);
      }),
    );
  });

  test('half of it does not open either: data key and text belong together', () => {
    fc.assert(
      fc.property(identity, text, (id, value) => {
        const [one, other] = [sealSecret(id, value, keys), sealSecret(id, value, keys)];
        expect(() => openSecret(id, { ...one, wrappedKey: other.wrappedKey }, keys)).toThrow(UNREADABLE);
      }),
    );
  });
});

describe('when the key is changed', () => {
  const [old, current] = [newKey(), newKey()];
  const id = { tenantId: '6f0e5d1c-2b3a-4c4d-8e5f-607182930a1b', backend: 'mongodb', name: 'password', version: 3 };
  const envelope = sealSecret(id, 'hunter22', readSecretKeys(old));

  test('what an old one sealed still opens, and new secrets are sealed with the new one', () => {
    const both = readSecretKeys(current, old);
    expect(openSecret(id, envelope, both)).toBe('hunter22');
    expect(sealSecret(id, 'x', both).keyId).toBe(readSecretKeys(current).current.id);
  });

  test('one that is not there is named by its id, never by its value', () => {
    const refusal = refusalOf(() => openSecret(id, envelope, readSecretKeys(current)));
    expect(refusal).toMatchObject({
      code: 'secret-key-unknown',
      message: expect.stringContaining(readSecretKeys(old).current.id),
    });
    expect(inspect(refusal, { depth: 9 })).not.toMatch(
      new RegExp([old, current, 'hunter22'].map((it) => it.replace(/[+/]/g, '\\$&')).join('|')),
    );
  });

  test('a row that names another key than its own does not open', () => {
    const both = readSecretKeys(current, old);
    expect(() => openSecret(id, { ...envelope, keyId: both.current.id }, both)).toThrow(UNREADABLE);
  });
});

test('a refusal says which secret, and shows nothing of value or key', () => {
  const id = { tenantId: '6f0e5d1c-2b3a-4c4d-8e5f-607182930a1b', backend: 'qdrant', name: 'token', version: 2 };
  const altered = withBox(sealSecret(id, 'hunter22', keys), 'ciphertext', (bytes) => withBit(bytes, 30, 1));
  const refusal = refusalOf(() => openSecret(id, altered, keys));
  expect(refusal).toMatchObject({
    message: expect.stringContaining(`qdrant/token version 2 of tenant ${id.tenantId}`),
  });
  expect(inspect(refusal, { depth: 9 })).not.toContain('hunter22');
});

function refusalOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
