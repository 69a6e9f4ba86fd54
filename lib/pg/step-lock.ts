/**
 * The key of the advisory lock that excludes all that works for one tenant at one backend: at the server it is
 * `hashtextextended(key, 0)`.
 */
export const stepLockKey = (tenantId: string, backend: string): string => `${tenantId}/${backend}`;
