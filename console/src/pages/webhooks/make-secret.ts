/** By Standard Webhooks 24 to 64. */
const SECRET_BYTES = 32;

/**
 * A new secret to sign deliveries by. Made here: an answer that is lost is no lost secret, as the request is sent again
 * with it.
 */
export const makeSecret = (): string =>
  `whsec_${btoa(String.fromCodePoint(...crypto.getRandomValues(new Uint8Array(SECRET_BYTES))))}`;
