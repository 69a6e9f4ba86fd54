import { createHash, createHmac, pbkdf2 as pbkdf2WithCallback, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const pbkdf2 = promisify(pbkdf2WithCallback);

interface Verifier {
  iterationCount: number;
  salt: string;
  storedKey: string;
}

/** What the server keeps of a password, by mechanism. */
export type Credentials = Readonly<Partial<Record<'SCRAM-SHA-1' | 'SCRAM-SHA-256', Verifier>>>;

/**
 * The older mechanism hashes a digest of user and password:
 * https://github.com/mongodb/specifications/blob/master/source/auth/auth.md
 */
const digestOf = (user: string, password: string): string =>
  createHash('md5').update(`${user}:mongo:${password}`).digest('hex');

/**
 * Whether a user logs in by this password, computed from its verifier (RFC 5802) rather than by a login, which the
 * user's authentication restrictions may refuse us.
 * @returns undefined where there is no verifier to compute it from
 */
export async function isPasswordOf(
  { user, credentials }: { user: string; credentials?: Credentials },
  password: string,
): Promise<boolean | undefined> {
  const newer = credentials?.['SCRAM-SHA-256'];
  if (newer) return matches('sha256', newer, password);
  const older = credentials?.['SCRAM-SHA-1'];
  return older && matches('sha1', older, digestOf(user, password));
}

async function matches(
  hash: 'sha1' | 'sha256',
  { iterationCount, salt, storedKey }: Verifier,
  password: string,
): Promise<boolean> {
  const expected = Buffer.from(storedKey, 'base64');
  const salted = await pbkdf2(password, Buffer.from(salt, 'base64'), iterationCount, expected.length, hash);
  const clientKey = createHmac(hash, salted).update('Client Key').digest();
  return timingSafeEqual(createHash(hash).update(clientKey).digest(), expected);
}
