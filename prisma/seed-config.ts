import { isIPv6 } from 'node:net';
import { isReservedTenantName, TENANT_NAME_PATTERN } from '@freeflow/contract';
import { port, text, VARIABLES } from '@freeflow/lib/config';
import { z } from 'zod';

const { MASTER_DATABASE_URL } = VARIABLES;

// A colon would be a port given at the wrong place, were it not an IPv6 address.
const host = () =>
  text('a host name or address, without a port', (value) => /^[^\s/@?#:]+$/.test(value) || isIPv6(value)).default(
    'localhost',
  );

const tenantName = text('3 to 30 characters, lower-case letters a-z and digits only', (value) =>
  TENANT_NAME_PATTERN.test(value),
).refine((name) => !isReservedTenantName(name), 'is a name FreeFlow keeps for itself');

/** The variables of db:seed. */
export const seedVariables = z.object({
  MASTER_DATABASE_URL,
  SEED_TENANT_NAME: tenantName.default('demo').describe('name of the tenant to register'),
  SEED_POSTGRES_HOST: host().describe("host of the tenant's PostgreSQL database"),
  SEED_POSTGRES_PORT: port().default(5432).describe("port of the tenant's PostgreSQL database"),
  SEED_POSTGRES_USER: text('a role')
    .default('freeflow')
    .describe("role that the tenant's PostgreSQL database is used by"),
  SEED_MONGO_HOST: host().describe("host of the tenant's MongoDB database"),
  SEED_MONGO_PORT: port().default(27_017).describe("port of the tenant's MongoDB database"),
  SEED_QDRANT_HOST: host().describe("host of the tenant's Qdrant collection"),
  SEED_QDRANT_PORT: port().default(6333).describe("port of the tenant's Qdrant collection"),
});
