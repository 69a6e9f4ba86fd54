import { BACKEND_KINDS, type BackendKind, BACKENDS } from './backends';

/** What a tenant may be called. The master database checks the same. */
export const TENANT_NAME_PATTERN = /^[a-z0-9]{3,30}$/;

/** Not a name that a tenant can have. */
export class TenantNameError extends Error {
  override readonly name = 'TenantNameError';

  constructor() {
    super('A tenant name has 3 to 30 characters, lower-case letters a-z and digits only.');
  }
}

/** The names of one tenant's resources, by the columns of Tenant. */
export type TenantNames = { readonly [Column in (typeof BACKENDS)[BackendKind]['nameColumn']]: string };

/**
 * Names no tenant may take: the databases, roles and realms of the platform live in the same namespaces
 * (`freeflow_{name}`, `freeflow-{name}`), and some words would mislead a reader of a list.
 */
export const RESERVED_TENANT_NAMES: ReadonlySet<string> = new Set([
  // freeflow_master, freeflow_registry, freeflow_meta, ... and the realm freeflow-system
  ...[
    'master',
    'system',
    'registry',
    'meta',
    'decoy',
    'config',
    'backup',
    'restore',
    'shadow',
    'tenant',
    'tenants',
    'vectors',
    'temporal',
    'visibility',
  ],
  // freeflow_api, freeflow_worker, freeflow_provisioner, and the suffixes of tenants' own roles
  ...[
    'api',
    'worker',
    'provisioner',
    'migrator',
    'owner',
    'app',
    'admin',
    'root',
    'superuser',
    'monitor',
    'monitoring',
    'public',
    'operator',
  ],
  // the servers and what they bring along
  ...[
    'postgres',
    'postgresql',
    'template0',
    'template1',
    'mongo',
    'mongodb',
    'qdrant',
    'keycloak',
    'local',
    'freeflow',
  ],
  // words of addresses and commands
  ...[
    'www',
    'docs',
    'health',
    'metrics',
    'console',
    'auth',
    'login',
    'all',
    'none',
    'new',
    'null',
    'undefined',
    'true',
    'false',
    'default',
    'internal',
  ],
]);

/** Whether the platform keeps this name for itself. */
export function isReservedTenantName(name: string): boolean {
  return RESERVED_TENANT_NAMES.has(name);
}

/** Which tenant's a resource of this name is, by the name alone. */
export const tenantNameOf = (resource: string): string | undefined =>
  NAME_PATTERNS.map((pattern) => pattern.exec(resource)?.[1]).find((name) => name !== undefined);

const NAME_PATTERNS = BACKEND_KINDS.map(
  (kind) => new RegExp(`^${BACKENDS[kind].namePattern.replace('{name}', '([a-z0-9]{3,30})')}$`),
);

/**
 * The names of a tenant's resources: the only place where they derive from the tenant's name.
 * @throws TenantNameError unless the name matches {@link TENANT_NAME_PATTERN}
 */
export function tenantNames(name: string): TenantNames {
  if (!TENANT_NAME_PATTERN.test(name)) {
    throw new TenantNameError();
  }
  return namesBy((kind) => BACKENDS[kind].namePattern.replace('{name}', name));
}

/**
 * The name of a blank resource in the pool: no tenant's, since theirs have no dash, and never given twice, by 48 random
 * bits.
 */
export const pooledNameOf = (kind: BackendKind, nonce: string): string =>
  BACKENDS[kind].namePattern.replace('{name}', `pool-${nonce.slice(-NONCE_DIGITS)}`);

const NONCE_DIGITS = 12;

/** The names of its resources alone, out of all that is known of a tenant. */
export const pickTenantNames = (tenant: TenantNames): TenantNames =>
  namesBy((kind) => tenant[BACKENDS[kind].nameColumn]);

const namesBy = (nameOf: (kind: BackendKind) => string): TenantNames =>
  Object.fromEntries(BACKEND_KINDS.map((kind) => [BACKENDS[kind].nameColumn, nameOf(kind)])) as TenantNames;
