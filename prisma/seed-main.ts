import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createMasterClient } from './client';
import { masterDatabaseUrl, readConfig } from './config';
import { assertMigrated } from './assert-migrated';
import { databaseOf } from './master-url';
import { runProgram } from './run-program';
import { seedTenant, type SeedOutcome } from './seed';
import { isReservedTenantName, TENANT_NAME_PATTERN } from './tenant-names';

const USAGE = `Usage: pnpm --filter @freeflow/db-master db:seed

Registers one tenant (active) with its three connections in the master database. Registers only: nothing is created at
any backend. Repeating it gives the same rows. Run db:migrate first.

Environment:
  MASTER_DATABASE_URL  postgresql://USER:PASSWORD@HOST:PORT/DATABASE
  SEED_TENANT_NAME     3 to 30 characters a-z, 0-9   (default demo)
  SEED_POSTGRES_HOST, SEED_POSTGRES_PORT, SEED_POSTGRES_USER   (default localhost, 5432, freeflow)
  SEED_MONGO_HOST, SEED_MONGO_PORT                             (default localhost, 27017)
  SEED_QDRANT_HOST, SEED_QDRANT_PORT                           (default localhost, 6333)`;

const OUTCOMES: Readonly<Record<SeedOutcome, string>> = {
  registered: 'registered (active) with its three connections.',
  updated: 'was registered already; its connections are up to date.',
  'left-alone': 'was provisioned by FreeFlow, so it is left as it is.',
};

// A colon would be a port given at the wrong place, were it not an IPv6 address.
const host = (standard: string) => z.string().refine((text) => /^[^\s/@?#:]+$/.test(text) || isIPv6(text), 'must be a host name or address, without a port').default(standard);
// Not by Number(): it takes 1e3, 0x10 and blanks for numbers.
const PORT = 'must be a port, 1 to 65535';
const port = (standard: number) => z.string().regex(/^[0-9]{1,5}$/, PORT).transform(Number).refine((it) => it >= 1 && it <= 65_535, PORT).default(standard);

const Config = z.object({
  MASTER_DATABASE_URL: masterDatabaseUrl,
  SEED_TENANT_NAME: z
    .string()
    .regex(TENANT_NAME_PATTERN, 'must have 3 to 30 characters, lower-case letters a-z and digits only')
    .refine((name) => !isReservedTenantName(name), 'is a name FreeFlow keeps for itself')
    .default('demo'),
  SEED_POSTGRES_HOST: host('localhost'),
  SEED_POSTGRES_PORT: port(5432),
  SEED_POSTGRES_USER: z.string().default('freeflow'),
  SEED_MONGO_HOST: host('localhost'),
  SEED_MONGO_PORT: port(27017),
  SEED_QDRANT_HOST: host('localhost'),
  SEED_QDRANT_PORT: port(6333),
});

void runProgram(USAGE, async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) return console.log(USAGE);
  const config = readConfig(Config, process.env);
  await assertMigrated(config.MASTER_DATABASE_URL);
  const db = createMasterClient(config.MASTER_DATABASE_URL, { maxConnections: 1, applicationName: 'freeflow-setup' });
  try {
    const outcome = await seedTenant(db, {
      name: config.SEED_TENANT_NAME,
      servers: {
        postgres: { host: config.SEED_POSTGRES_HOST, port: config.SEED_POSTGRES_PORT, username: config.SEED_POSTGRES_USER },
        mongodb: { host: config.SEED_MONGO_HOST, port: config.SEED_MONGO_PORT, username: null },
        qdrant: { host: config.SEED_QDRANT_HOST, port: config.SEED_QDRANT_PORT, username: null },
      },
    });
    console.log(`Database ${databaseOf(config.MASTER_DATABASE_URL)}: tenant ${config.SEED_TENANT_NAME} ${OUTCOMES[outcome]}`);
  } finally {
    await db.$disconnect();
  }
});
