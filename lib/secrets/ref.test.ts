import { BACKEND_KINDS } from '@freeflow/contract';
import fc from 'fast-check';
import { formatSecretRef, formatVaultRef, parseSecretRef } from './ref';

const ID = '6f0e5d1c-2b3a-4c4d-8e5f-607182930a1b';

test('a reference leads back to its row and version', () => {
  expect(formatSecretRef({ id: ID, version: 1 })).toBe(`db://${ID}?v=1`);
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 999_999_999 }), (id, version) => {
      expect(parseSecretRef(formatSecretRef({ id, version }))).toEqual({ store: 'db', id, version });
    }),
  );
});

test('so does one in a vault, whatever the name is, and whatever mount and path are', () => {
  const identity = fc.record({
    tenantId: fc.uuid(),
    backend: fc.constantFrom(...BACKEND_KINDS),
    name: fc.string({ unit: 'binary', minLength: 1 }),
    version: fc.integer({ min: 1, max: 999_999_999 }),
  });
  fc.assert(
    fc.property(identity, fc.constantFrom('secret/freeflow', 'team/kv/a/b/c'), (of, below) => {
      expect(parseSecretRef(formatVaultRef(below, of))).toEqual({ store: 'vault', below, ...of });
    }),
  );
});

describe('what is no reference is refused, and not repeated: it may be a secret pasted by mistake', () => {
  test.each([
    ['a password', 'hunter22'],
    ['nothing', ''],
    ['another store', `vault://${ID}?v=1`],
    ['a vault without a mount', `vault:///${ID}/postgres/password?v=1`],
    ['a vault without a tenant', 'vault://secret/freeflow/postgres/password?v=1'],
    ['another backend', `vault://secret/freeflow/${ID}/other/password?v=1`],
    ['a deeper path', `vault://secret/freeflow/${ID}/postgres/a/b?v=1`],
    ['a field', `vault://secret/freeflow/${ID}/postgres/password#value`],
    ['a name that is not encoded', `vault://secret/freeflow/${ID}/postgres/%?v=1`],
    ['no version', `db://${ID}`],
    ['an empty version', `db://${ID}?v=`],
    ['version 0', `db://${ID}?v=0`],
    ['a version with zeros before it', `db://${ID}?v=01`],
    ['a negative version', `db://${ID}?v=-1`],
    ['a version past any integer column', `db://${ID}?v=1000000000`],
    ['something more', `db://${ID}?v=1&x=1`],
    ['a line end', `db://${ID}?v=1\n`],
    ['a blank before', ` db://${ID}?v=1`],
    ['upper case', `db://${ID.toUpperCase()}?v=1`],
    ['an id that is none', 'db://hunter22?v=1'],
  ])('%s', (_what, ref) => {
    expect(() => parseSecretRef(ref)).toThrow(
      expect.objectContaining({
        code: 'secret-ref-invalid',
        message: expect.stringMatching(/^A secret reference has the form db:.* or vault:.*; this one does not\.$/),
      }),
    );
  });
});
