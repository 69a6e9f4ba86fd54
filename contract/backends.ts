/** The backends of a tenant, in the order in which they are listed everywhere. */
export const BACKEND_KINDS = ['postgres', 'mongodb', 'qdrant', 'keycloak'] as const;
export type BackendKind = (typeof BACKEND_KINDS)[number];
