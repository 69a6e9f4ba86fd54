import { types } from 'node:util';

/**
 * What Node says of a server's TLS certificate that it refuses: who signed it, its dates, its name. Names of OpenSSL's X.509 errors,
 * and Node's own for the host name: https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
export const CERTIFICATE_CODES: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_GET_CRL', 'CERT_SIGNATURE_FAILURE', 'CRL_SIGNATURE_FAILURE', 'CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED', 'CRL_NOT_YET_VALID', 'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD', 'ERROR_IN_CERT_NOT_AFTER_FIELD', 'ERROR_IN_CRL_LAST_UPDATE_FIELD', 'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'CERT_CHAIN_TOO_LONG', 'CERT_REVOKED', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_CERT_ALTNAME_FORMAT',
];

/** What can be done about it, for people. */
export const CERTIFICATE_ADVICE = "The server's TLS certificate is not trusted, or not made out to this host. Have its issuer trusted (NODE_EXTRA_CA_CERTS=/path/ca.pem), or correct the address.";

const DEPTH_MAX = 4;

/** The error by which a certificate was refused, however deep a driver has wrapped it; nothing where there is none. */
export function certificateErrorIn(error: unknown, depth = 0): Error | undefined {
  if (!types.isNativeError(error) || depth > DEPTH_MAX) return undefined;
  return 'code' in error && CERTIFICATE_CODES.includes(String(error.code)) ? error : certificateErrorIn(error.cause, depth + 1);
}
