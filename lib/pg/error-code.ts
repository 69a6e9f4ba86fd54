/** The code of a failure: an SQLSTATE, or that of a socket such as ECONNREFUSED; else an empty string. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
