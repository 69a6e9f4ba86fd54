import { randomBytes } from 'node:crypto';

/** A name for a tenant of the script. */
export const newScriptName = (): string => `s${randomBytes(5).toString('hex')}`;
