/** As long as what HS256 makes of it (RFC 7518, section 3.2: a shorter key must not be used). */
export const SIGNING_KEY_BYTES = 32;

/** Whether a key is long enough to sign tokens that go to others. */
export const isSigningKey = (key: string): boolean => Buffer.byteLength(key) >= SIGNING_KEY_BYTES;
