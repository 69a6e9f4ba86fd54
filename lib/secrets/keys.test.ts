import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { SecretError } from './errors';
import { readSecretKeys } from './keys';

const bytes = randomBytes(32);
const good = bytes.toString('base64');
const other = randomBytes(32).toString('base64');

test('a key is told from others by the first 16 hex digits of its SHA-256', () => {
  const { current, byId } = readSecretKeys(good);
  expect(current.id).toBe(createHash('sha256').update(bytes).digest('hex').slice(0, 16));
  expect([...byId.keys()]).toEqual([current.id]);
});

test('old keys are read from a list, blanks and empty entries aside', () => {
  const { current, byId } = readSecretKeys(` ${good}\n`, ` ${other} ,, ${good},`);
  expect(new Set(byId.keys())).toEqual(new Set([current.id, readSecretKeys(other).current.id]));
});

test('keys show nothing of themselves when printed or serialised', () => {
  const keys = readSecretKeys(good, other);
  const shown = inspect(keys, { depth: 9, showHidden: true }) + JSON.stringify([keys, [...keys.byId]]);
  for (const key of [good, other]) {
    expect(shown).not.toContain(key);
    expect(shown).not.toContain(Buffer.from(key, 'base64').toString('hex'));
  }
});

describe('what is no key is refused, naming the variable and never the value', () => {
  const wrong: [string, string][] = [
    ['nothing', ''],
    ['a word', 'hunter22-hunter22'],
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['32 bytes as hex', bytes.toString('hex')],
    ['32 bytes as base64url', Buffer.alloc(32, 0xfb).toString('base64url')],
    ['without its padding', good.slice(0, -1)],
    ['a blank within', `${good.slice(0, 20)} ${good.slice(20)}`],
    ['two keys run together', good + other],
  ];
  test.each(wrong)('%s', (_what, value) => {
    expect(refusalOf(value)).toBe('SECRETS_KEY must be base64 of exactly 32 bytes.');
    expect(refusalOf(value, `${other},hunter23`)).toBe(
      'SECRETS_KEY, SECRETS_OLD_KEYS (entry 2) must be base64 of exactly 32 bytes.',
    );
  });

  test('all of them at once, old ones by their place', () => {
    expect(refusalOf('hunter22', `${good},hunter23,hunter24`)).toBe(
      'SECRETS_KEY, SECRETS_OLD_KEYS (entry 2), SECRETS_OLD_KEYS (entry 3) must be base64 of exactly 32 bytes.',
    );
  });

  test('any number of bytes but 32', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 12, maxLength: 80 }).filter((it) => it.length !== 32),
        (it) => {
          const value = Buffer.from(it).toString('base64');
          expect(refusalOf(value, value)).not.toContain(value);
        },
      ),
    );
  });
});

/** The message of the refusal. */
function refusalOf(current: string, old?: string): string {
  try {
    readSecretKeys(current, old);
  } catch (error) {
    if (error instanceof SecretError && error.code === 'secret-key-invalid') return error.message;
    throw error;
  }
  throw new Error('it was taken for a key');
}
