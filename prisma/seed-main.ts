import { parseArgs } from 'node:util';
import { readConfig, variablesHelp, runProgram } from '@freeflow/lib/config';
import { databaseOf } from '@freeflow/lib/pg';
import { assertMigrated } from './assert-migrated';
import { createMasterClient } from './client';
import { seedTenant, type SeedOutcome } from './seed';
import { seedVariables } from './seed-config';

const USAGE = `Usage: pnpm --filter @freeflow/db-master db:seed

Registers one tenant (active) with its three connections in the master database. Registers only: nothing is created at
any backend. Repeating it gives the same rows. Run db:migrate first.

${variablesHelp(seedVariables)}`;

const OUTCOMES: Readonly<Record<SeedOutcome, string>> = {
  registered: 'registered (active) with its three connections.',
  updated: 'was registered already; its connections are up to date.',
  'left-alone': 'was provisioned by FreeFlow, so it is left as it is.',
};

void runProgram(USAGE, async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) return console.log(USAGE);
  const config = readConfig(seedVariables, process.env);
  await assertMigrated(config.MASTER_DATABASE_URL);
  const db = createMasterClient(config.MASTER_DATABASE_URL, { maxConnections: 1, applicationName: 'freeflow-setup' });
  try {
    const outcome = await seedTenant(db, {
      name: config.SEED_TENANT_NAME,
      servers: {
        postgres: {
          host: config.SEED_POSTGRES_HOST,
          port: config.SEED_POSTGRES_PORT,
          username: config.SEED_POSTGRES_USER,
        },
        mongodb: { host: config.SEED_MONGO_HOST, port: config.SEED_MONGO_PORT, username: null },
        qdrant: { host: config.SEED_QDRANT_HOST, port: config.SEED_QDRANT_PORT, username: null },
      },
    });
    console.log(
      `Database ${databaseOf(config.MASTER_DATABASE_URL)}: tenant ${config.SEED_TENANT_NAME} ${OUTCOMES[outcome]}`,
    );
  } finally {
    await db.$disconnect();
  }
});
