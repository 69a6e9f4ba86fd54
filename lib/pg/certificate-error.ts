import { types } from 'node:util';

/**
 * How Node calls what is wrong with a server's TLS certificate: who signed it, its dates, its name. OpenSSL's X.509
 * errors, and two of Node's own for the host name: https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
export const CERTIFICATE_CODES: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_GET_CRL',
  'CERT_SIGNATURE_FAILURE',
  'CRL_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_CERT_ALTNAME_FORMAT',
];

const DEEPEST = 4;

/**
 * What is wrong with the server's certificate, where that is why a connection failed: drivers wrap it in errors of
 * their own for a server that isn't there.
 */
export function certificateFault(error: unknown, depth = 0): string | undefined {
  if (!types.isNativeError(error) || depth > DEEPEST) return undefined;
  const { code, cause, message } = error as Error & { code?: unknown };
  // Some drivers copy code and message of what they wrap; the innermost ones are Node's own.
  return (
    certificateFault(cause, depth + 1) ??
    (typeof code === 'string' && CERTIFICATE_CODES.includes(code) ? `${message} (${code})` : undefined)
  );
}
