interface BackendRow {
  /** The server's name, for people. */
  readonly title: string;
  /** What a tenant has there, for people. */
  readonly resource: string;
  /** The column of Tenant with the resource's name. */
  readonly nameColumn: string;
  /** The resource's name, `{name}` being the tenant's. */
  readonly namePattern: `${string}{name}${string}`;
  /** Where the reference of the tenant's credential stands: on its TenantConnection, or on the ledger entry. */
  readonly credentialAt: 'connection' | 'ledger';
  /**
   * Whether the reconciler can list what carries our nonce, or has to look up each name, since a list costs too much.
   */
  readonly listing: 'all' | 'by-name';
  /** Longer than all client deadlines of one attempt together, so that the client always ends first. */
  readonly startToCloseTimeout: `${number} minutes`;
}

/**
 * The backends of a tenant, in the order in which they are listed everywhere: one row each, from which every other
 * table is derived.
 */
export const BACKENDS = {
  postgres: {
    title: 'PostgreSQL',
    resource: 'database',
    nameColumn: 'postgresDb',
    namePattern: 'freeflow_{name}',
    credentialAt: 'connection',
    listing: 'all',
    startToCloseTimeout: '3 minutes',
  },
  mongodb: {
    title: 'MongoDB',
    resource: 'database',
    nameColumn: 'mongoDb',
    namePattern: 'freeflow_{name}',
    credentialAt: 'connection',
    listing: 'all',
    startToCloseTimeout: '3 minutes',
  },
  qdrant: {
    title: 'Qdrant',
    resource: 'collection',
    nameColumn: 'qdrantCollection',
    namePattern: 'freeflow_{name}_vectors',
    credentialAt: 'connection',
    listing: 'all',
    startToCloseTimeout: '3 minutes',
  },
  keycloak: {
    title: 'Keycloak',
    resource: 'realm',
    nameColumn: 'realmName',
    namePattern: 'freeflow-{name}',
    credentialAt: 'ledger',
    listing: 'by-name',
    startToCloseTimeout: '8 minutes',
  },
} as const satisfies Record<string, BackendRow>;

export type BackendKind = keyof typeof BACKENDS;

export const BACKEND_KINDS = Object.keys(BACKENDS) as [BackendKind, ...BackendKind[]];

/** How long one attempt of a step may take there, in ms. */
export const attemptMsOf = (kind: BackendKind): number =>
  Number.parseInt(BACKENDS[kind].startToCloseTimeout, 10) * 60_000;

/** The backends that a tenant connects to by a row of TenantConnection. */
export type ConnectionService = {
  [K in BackendKind]: (typeof BACKENDS)[K]['credentialAt'] extends 'connection' ? K : never;
}[BackendKind];

/** Whether a tenant's way in is recorded as a TenantConnection; else its credential alone is, on the ledger entry. */
export const hasConnection = (kind: BackendKind): kind is ConnectionService =>
  BACKENDS[kind].credentialAt === 'connection';

export const CONNECTION_SERVICES = BACKEND_KINDS.filter(hasConnection);
