import { randomBytes } from 'node:crypto';

/** 192 random bits in letters, digits, `-` and `_`: needs no escaping in a URL and no SASLprep. */
export const newPassword = (): string => randomBytes(24).toString('base64url');
