import { randomBytes } from 'node:crypto';

/** By Standard Webhooks 24 to 64. */
const SECRET_BYTES = 32;

/** A new secret to sign deliveries by. */
export const makeWebhookSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
